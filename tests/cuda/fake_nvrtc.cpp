/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for NVRTC, for tests: the text is compiled by $CXX into a shared library in $SYSTOLE_FAKE_FOLDER, whose name is the "PTX". Options that
 * CUDA's compiler would take for itself are dropped, but an unknown one is an error, as there.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "host/engine/cuda_api.h"

struct _nvrtcProgram {
    std::string text, image, log;
};

#define API extern "C" __attribute__((visibility("default")))

API nvrtcResult nvrtcCreateProgram(nvrtcProgram *program, const char *text, const char *, int, const char *const *, const char *const *)
{
    *program = new _nvrtcProgram{text, "", ""};
    return 0;
}

API nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char *const *options)
{
    static const char *const known[] = {"--gpu-architecture=compute_90", "--device-as-default-execution-space", "--std=c++14",
                                        "--ftz=false", "--fmad=false"};
    static int number;
    const char *folder = getenv("SYSTOLE_FAKE_FOLDER"), *compiler = getenv("CXX");
    std::string defines;
    for (int i = 0; i < count; i++) {
        bool is_known = strncmp(options[i], "-D", 2) == 0;
        if (is_known)
            defines += std::string(" ") + options[i];
        for (const char *k : known)
            is_known = is_known || strcmp(options[i], k) == 0;
        if (!is_known) {
            program->log = std::string("unknown option ") + options[i];
            return 5;
        }
    }
    if (!folder)
        return 7;
    const std::string base = std::string(folder) + "/kernel" + std::to_string(number++);
    std::ofstream(base + ".cpp") << "#include \"tests/cuda/fake_device.h\"\n"
                                 << program->text
                                 << "extern \"C\" __attribute__((visibility(\"default\"))) void fake_entry(void **p)\n{\n"
                                    "    product(*(const element **)p[0], *(const element **)p[1], *(element **)p[2], *(const ulong **)p[3],\n"
                                    "            *(const uint **)p[4], *(const uint **)p[5], *(const int **)p[6], *(int *)p[7], *(int *)p[8],\n"
                                    "            *(int *)p[9]);\n}\n";
    const std::string command = std::string(compiler ? compiler : "c++") + " -std=c++17 -O2 -w -ffp-contract=off -fPIC -shared -I." + defines +
                                " -o " + base + ".so " + base + ".cpp 2>" + base + ".log";
    if (system(command.c_str()) != 0) {
        std::ifstream log(base + ".log");
        std::getline(log, program->log, '\0');
        return 6;
    }
    program->image = base + ".so";
    return 0;
}

API nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, size_t *size) { *size = program->image.size() + 1; return 0; }
API nvrtcResult nvrtcGetPTX(nvrtcProgram program, char *ptx) { strcpy(ptx, program->image.c_str()); return 0; }
API nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *size) { *size = program->log.size() + 1; return 0; }
API nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *log) { strcpy(log, program->log.c_str()); return 0; }
API nvrtcResult nvrtcDestroyProgram(nvrtcProgram *program) { delete *program; *program = nullptr; return 0; }

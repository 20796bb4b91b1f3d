/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product of int8 matrices through XRT alone, without the library: five instructions, written by the contract's header.
 * Usage: xrt_matmul XCLBIN ROWS COLS, the sizes of the array. cc -Idriver -I/usr/include/xrt xrt_matmul.c -lxrt_coreutil
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#include "systole_spec.h"

enum { M = 24, BLOCKS = 2, STEPS = 3, BOS = 4 }; /* rows of A; blocks of columns of B; blocks of rows of B */
enum { WEIGHTS_READY = 1 << 4, SUMS_READY = 1 << 8 };

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "xrt_matmul: failed: %s\n", #x); return 1; } } while (0)
#define SET(n, type, field, value) SYSTOLE_PUT(insn + 32 * (n), type, field, value)

static void write_program(uint32_t *insn, uint32_t rows, uint32_t cols)
{
    const uint32_t k = STEPS * rows, n = BLOCKS * cols;
    SET(0, LOAD, mem, SYSTOLE_MEM_APAD), SET(0, ANY, opcode, SYSTOLE_OP_LOAD), SET(0, LOAD, window, 1), SET(0, LOAD, len, M * k);
    SET(0, LOAD, n1, 1), SET(0, LOAD, n2, 1), SET(0, LOAD, n3, 1);
    SET(1, LOAD, mem, SYSTOLE_MEM_WPAD), SET(1, ANY, opcode, SYSTOLE_OP_LOAD), SET(1, LOAD, window, 2), SET(1, LOAD, len, cols);
    SET(1, LOAD, n1, rows), SET(1, LOAD, s1, n), SET(1, LOAD, d1, cols); /* tile by tile */
    SET(1, LOAD, n2, BLOCKS), SET(1, LOAD, s2, cols), SET(1, LOAD, d2, rows * cols);
    SET(1, LOAD, n3, STEPS), SET(1, LOAD, s3, rows * n), SET(1, LOAD, d3, BLOCKS * rows * cols), SET(1, ANY, signal, WEIGHTS_READY);
    SET(2, ANY, opcode, SYSTOLE_OP_MATMUL), SET(2, ANY, wait, WEIGHTS_READY), SET(2, ANY, signal, SUMS_READY);
    SET(2, MATMUL, k_tail, rows), SET(2, MATMUL, kh, 1), SET(2, MATMUL, kw, 1), SET(2, MATMUL, kc, STEPS), SET(2, MATMUL, n, BLOCKS);
    SET(2, MATMUL, p, 1), SET(2, MATMUL, q, M), SET(2, MATMUL, a_skc, rows), SET(2, MATMUL, a_sq, k);
    SET(2, MATMUL, c_sn, M), SET(2, MATMUL, c_sq, 1);
    SET(3, ANY, opcode, SYSTOLE_OP_STORE), SET(3, ANY, wait, SUMS_READY), SET(3, STORE, window, 3), SET(3, STORE, n_tail, cols);
    SET(3, STORE, n, BLOCKS), SET(3, STORE, p, 1), SET(3, STORE, q, M), SET(3, STORE, c_sn, M), SET(3, STORE, c_sq, 1);
    SET(3, STORE, d_sn, 4 * cols), SET(3, STORE, d_sq, 4 * n);
    SET(4, ANY, opcode, SYSTOLE_OP_END);
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    const uint32_t rows = (uint32_t)atoi(argv[2]), cols = (uint32_t)atoi(argv[3]), k = STEPS * rows, n = BLOCKS * cols;
    const size_t size[BOS] = {5 * SYSTOLE_INSN_BYTES, M * k, k * n, M * n * sizeof(int32_t)};
    xuid_t id;
    xrtDeviceHandle device = xrtDeviceOpen(0);
    CHECK(device && xrtDeviceLoadXclbinFile(device, argv[1]) == 0 && xrtDeviceGetXclbinUUID(device, id) == 0);
    xrtKernelHandle kernel = xrtPLKernelOpen(device, id, "systole");
    xrtRunHandle run = kernel ? xrtRunOpen(kernel) : NULL;
    xrtBufferHandle bo[BOS];
    void *host[BOS];
    CHECK(run);
    for (int i = 0; i < BOS; i++)
        CHECK((bo[i] = xrtBOAlloc(device, size[i], XRT_BO_FLAGS_NONE, (unsigned)xrtKernelArgGroupId(kernel, i))) &&
              (host[i] = xrtBOMap(bo[i])) && memset(host[i], 0, size[i]));
    int8_t *a = host[1], *b = host[2];
    for (uint32_t i = 0; i < M * k || i < k * n; i++)
        (i < M * k ? a[i] = (int8_t)(i * 37 + 11) : 0), (i < k * n ? b[i] = (int8_t)(i * 91 - 5) : 0);
    write_program(host[0], rows, cols);
    for (int i = 0; i < BOS; i++)
        CHECK(xrtBOSync(bo[i], XCL_BO_SYNC_BO_TO_DEVICE, size[i], 0) == 0 && xrtRunSetArg(run, i, bo[i]) == 0 &&
              xrtRunSetArg(run, SYSTOLE_WINDOWS + i, (uint64_t)size[i]) == 0);
    CHECK(xrtRunStart(run) == 0 && xrtRunWait(run) == ERT_CMD_STATE_COMPLETED);
    CHECK(xrtBOSync(bo[3], XCL_BO_SYNC_BO_FROM_DEVICE, size[3], 0) == 0);
    unsigned wrong = 0;
    for (uint32_t i = 0; i < M * n; i++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < k; j++)
            sum += a[i / n * k + j] * b[j * n + i % n];
        wrong += ((int32_t *)host[3])[i] != sum;
    }
    printf("xrt_matmul: %d x %u x %u on a %ux%u array, %u of %u elements differ\n", M, n, k, rows, cols, wrong, M * n);
    xrtRunClose(run), xrtKernelClose(kernel);
    for (int i = 0; i < BOS; i++)
        xrtBOFree(bo[i]);
    xrtDeviceClose(device);
    return wrong != 0;
}

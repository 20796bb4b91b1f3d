/* SPDX-License-Identifier: Apache-2.0 */
/* Joules from a folder in the place of /sys/class/powercap, and from a stand-in for NVML where there is one (make test-cuda). */
#define _POSIX_C_SOURCE 200809L
#include "test_host_model.h"

#include <sys/stat.h>
#include <unistd.h>

#include "host/cli/energy.h"

static char root[] = "/tmp/systole_powercap_XXXXXX";

static void put(const char *package, const char *file, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, package);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, package, file);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_root(void **state)
{
    (void)state;
    return !mkdtemp(root) || setenv("SYSTOLE_POWERCAP", root, 1);
}

static int remove_root(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void test_energy_that_is_not_counted_says_why(void **state)
{
    (void)state;
    struct cli_energy e;
    cli_energy_open(&e, "cpu");
    assert_true(cli_energy_read(&e) < 0);
    assert_non_null(strstr(e.source, "not counted: "));
    assert_non_null(strstr(e.source, root));
    cli_energy_close(&e);
}

static void test_energy_is_the_sum_of_the_packages(void **state)
{
    (void)state;
    struct cli_energy e;
    put("intel-rapl:0", "energy_uj", "1000000\n");
    put("intel-rapl:0", "max_energy_range_uj", "5000000\n");
    put("intel-rapl:0:0", "energy_uj", "700000\n"); /* its cores: counted already */
    put("intel-rapl:1", "energy_uj", "10\n");
    put("intel-rapl:1", "max_energy_range_uj", "5000000\n");
    cli_energy_open(&e, "cpu");
    assert_string_equal(e.source, "RAPL, 2 packages of the whole computer");
    assert_true(cli_energy_read(&e) == 0);
    put("intel-rapl:0", "energy_uj", "1250000\n");
    put("intel-rapl:0:0", "energy_uj", "900000\n");
    put("intel-rapl:1", "energy_uj", "500010\n");
    assert_true(fabs(cli_energy_read(&e) - 0.75) < 1e-9);
    put("intel-rapl:0", "energy_uj", "250000\n"); /* began again at 5000000 */
    assert_true(fabs(cli_energy_read(&e) - 4.75) < 1e-9);
    put("intel-rapl:0", "energy_uj", "nonsense\n");
    assert_true(fabs(cli_energy_read(&e) - 4.75) < 1e-9);
    cli_energy_close(&e);
}

static void test_energy_of_an_nvidia_device_is_nvmls(void **state)
{
    (void)state;
    struct cli_energy e;
    const int stand_in = getenv("SYSTOLE_FAKE_FOLDER") != NULL;
    cli_energy_open(&e, "cuda:0");
    const double first = cli_energy_read(&e), second = cli_energy_read(&e);
    if (stand_in) {
        assert_string_equal(e.source, "NVML, device 0 (a stand-in)");
        assert_true(first > 0 && second > first);
    } else
        assert_true(first < 0 ? strstr(e.source, "not counted: ") != NULL : second >= first);
    cli_energy_close(&e);
    cli_energy_open(&e, "cuda:7,tune=off");
    if (stand_in) {
        assert_true(cli_energy_read(&e) < 0);
        assert_string_equal(e.source, "not counted: NVML's device 7: error 2");
    }
    cli_energy_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_energy_that_is_not_counted_says_why),
        cmocka_unit_test(test_energy_is_the_sum_of_the_packages),
        cmocka_unit_test(test_energy_of_an_nvidia_device_is_nvmls),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions as text: whatever 128 bytes are, their text gives them again. */
#include "test_host_model.h"

#include "systole_spec.h"

enum { ROUNDS = 20000 };

static uint64_t state_of_draw;

static uint32_t draw(void)
{
    state_of_draw = state_of_draw * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state_of_draw >> 33) << 1 ^ (uint32_t)(state_of_draw >> 20);
}

static void seed(void)
{
    state_of_draw = getenv("SYSTOLE_SEED") ? strtoull(getenv("SYSTOLE_SEED"), NULL, 0) : 11;
    print_message("seed %llu\n", (unsigned long long)state_of_draw);
}

static void print_and_parse(struct systole_context *ctx, const uint32_t words[SYSTOLE_INSN_WORDS])
{
    char text[SYSTOLE_INSTRUCTION_TEXT];
    uint32_t again[SYSTOLE_INSN_WORDS];
    assert_int_equal(systole_instruction_print(words, text, sizeof text), SYSTOLE_OK);
    if (systole_instruction_parse(ctx, text, again) != SYSTOLE_OK)
        fail_msg("%s: %s", text, systole_context_detail(ctx));
    assert_memory_equal(again, words, SYSTOLE_INSN_BYTES);
}

static void test_text_of_any_bytes_gives_them_again(void **state)
{
    uint32_t words[SYSTOLE_INSN_WORDS];
    seed();
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t sparse = draw() % 5;
        for (int i = 0; i < SYSTOLE_INSN_WORDS; i++)
            words[i] = sparse && draw() % sparse ? 0 : draw();
        if (round % 2)
            words[0] = (words[0] & ~0xffu) | draw() % 8;
        print_and_parse(*state, words);
    }
}

/* Only bits of fields are set: then the text names them, and is not a list of words. */
static void test_text_of_fields_names_them(void **state)
{
    static const struct { uint32_t code, word, lsb, width; const char *opcode, *field; } fields[] = {
#define SYSTOLE_FIELD(insn, field, word, lsb, width, sign, min, max, doc) {SYSTOLE_OP_##insn, word, lsb, width, #insn, #field},
#define SYSTOLE_OP_ANY SYSTOLE_OP_END
#include "spec/fields.def"
#undef SYSTOLE_FIELD
    };
    char text[SYSTOLE_INSTRUCTION_TEXT], wanted[64];
    seed();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint32_t words[SYSTOLE_INSN_WORDS] = {fields[i].code};
        if (strcmp(fields[i].field, "opcode") == 0)
            continue;
        words[fields[i].word] |= (1 + draw() % SYSTOLE_MASK(fields[i].width)) << fields[i].lsb;
        assert_int_equal(systole_instruction_print(words, text, sizeof text), SYSTOLE_OK);
        snprintf(wanted, sizeof wanted, " %s=", fields[i].field);
        if (!strstr(text, wanted) || strncmp(text, strcmp(fields[i].opcode, "ANY") ? fields[i].opcode : "END", 3) != 0)
            fail_msg("%s.%s: %s", fields[i].opcode, fields[i].field, text);
        print_and_parse(*state, words);
    }
}

static void test_text_of_a_choice_is_its_name(void **state)
{
    uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_LOAD};
    char text[SYSTOLE_INSTRUCTION_TEXT];
    (void)state;
    SYSTOLE_PUT(insn, LOAD, mem, SYSTOLE_MEM_WPAD);
    SYSTOLE_PUT(insn, LOAD, conv, SYSTOLE_CONV_F32_M);
    SYSTOLE_PUT(insn, LOAD, dst, 4096);
    SYSTOLE_PUT(insn, LOAD, len, 16);
    SYSTOLE_PUT(insn, LOAD, n1, 1);
    SYSTOLE_PUT(insn, LOAD, n2, 1);
    SYSTOLE_PUT(insn, LOAD, n3, 1);
    SYSTOLE_PUT(insn, LOAD, s1, -64);
    SYSTOLE_PUT(insn, ANY, wait, 5);
    SYSTOLE_PUT(insn, ANY, signal, 1 << 4);
    assert_int_equal(systole_instruction_print(insn, text, sizeof text), SYSTOLE_OK);
    assert_string_equal(text, "LOAD mem=WPAD conv=F32_M dst=0x1000 len=16 n1=1 n2=1 n3=1 s1=-64 wait=0,2 signal=4");
}

static void test_text_of_a_bad_field_says_so(void **state)
{
    uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_LOAD};
    char text[SYSTOLE_INSTRUCTION_TEXT];
    (void)state;
    SYSTOLE_PUT(insn, LOAD, mem, 7);
    assert_int_equal(systole_instruction_print(insn, text, sizeof text), SYSTOLE_OK);
    assert_string_equal(text, "LOAD mem=7 conv=COPY8  # BAD_FIELD: mem is 7, at most 4");
    insn[0] = 0;
    assert_int_equal(systole_instruction_print(insn, text, sizeof text), SYSTOLE_OK);
    assert_string_equal(text, ".words 0x00000000  # BAD_OPCODE: 0");
    insn[0] = SYSTOLE_OP_END;
    insn[31] = 1;
    assert_int_equal(systole_instruction_print(insn, text, sizeof text), SYSTOLE_OK);
    assert_non_null(strstr(text, "# BAD_FIELD: END with reserved bits set"));
}

static void test_parse_of_a_bad_line_is_refused(void **state)
{
    static const char *const bad[] = {
        "JUMP", "LOAD mem", "LOAD mem=", "LOAD mem=8", "LOAD mem=ACCUMULATOR", "LOAD len=16777216",
        "LOAD s1=2147483648", "LOAD s1=-2147483649",
        "LOAD len=-1", "LOAD len=0x", "LOAD len=1e3", "LOAD wait=12", "LOAD wait=", "LOAD wait=1,", "LOAD wait=1,,2", "LOAD opcode=3",
        "LOAD queue=LOAD", "END len=1", ".words 4294967296", ".words -1", ".words x", "load mem=APAD", "LOAD len=99999999999999999999999",
        ".words 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
    };
    uint8_t bytes[SYSTOLE_INSN_BYTES], before[SYSTOLE_INSN_BYTES];
    memset(bytes, 0x5a, sizeof bytes);
    memcpy(before, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (systole_instruction_parse(*state, bad[i], bytes) != SYSTOLE_IO)
            fail_msg("'%s' was taken", bad[i]);
        assert_true(systole_context_detail(*state)[0] != '\0');
        assert_memory_equal(bytes, before, sizeof bytes);
    }
    assert_int_equal(systole_instruction_parse(*state, "  # a remark", bytes), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_instruction_parse(*state, "", bytes), SYSTOLE_NOT_FOUND);
    char long_line[2 * SYSTOLE_INSTRUCTION_TEXT];
    memset(long_line, ' ', sizeof long_line);
    long_line[sizeof long_line - 1] = '\0';
    assert_int_equal(systole_instruction_parse(*state, long_line, bytes), SYSTOLE_IO);
}

/* Lines of random pieces: taken or refused, never anything else; what is taken prints and parses to itself. */
static void test_parse_of_random_lines_never_crashes(void **state)
{
    static const char *const pieces[] = {"LOAD", "STORE", "MATMUL", ".words", "mem=", "APAD", "wait=", "1,2", "0x",
                                         "-", "99", " ", "=", "#", "s1=", "len=", "\t", "\xff"};
    seed();
    for (int round = 0; round < ROUNDS; round++) {
        char line[256] = "";
        uint32_t words[SYSTOLE_INSN_WORDS];
        for (uint32_t n = draw() % 12; n > 0; n--) {
            strcat(line, pieces[draw() % (sizeof pieces / sizeof *pieces)]);
            strcat(line, draw() % 2 ? " " : "");
        }
        if (systole_instruction_parse(*state, line, words) == SYSTOLE_OK)
            print_and_parse(*state, words);
    }
}

static void test_print_without_room_is_refused(void **state)
{
    const uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_END};
    char text[4] = "ab";
    (void)state;
    assert_int_equal(systole_instruction_print(insn, text, 3), SYSTOLE_BAD_ARGUMENT);
    assert_string_equal(text, "ab");
    assert_int_equal(systole_instruction_print(insn, text, 4), SYSTOLE_OK);
    assert_string_equal(text, "END");
    assert_int_equal(systole_instruction_print(NULL, text, 4), SYSTOLE_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text_of_any_bytes_gives_them_again, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_text_of_fields_names_them, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_text_of_a_choice_is_its_name, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_text_of_a_bad_field_says_so, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_parse_of_a_bad_line_is_refused, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_parse_of_random_lines_never_crashes, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_print_without_room_is_refused, setup_context, teardown_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

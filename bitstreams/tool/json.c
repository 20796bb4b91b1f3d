/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 2

struct reader {
    struct json *j;
    const char *at;
    unsigned line;
};

static bool fail(struct reader *r, const char *what)
{
    if (r->j->error[0] == '\0')
        snprintf(r->j->error, sizeof r->j->error, "line %u: %s", r->line, what);
    return false;
}

static char next(struct reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n')
        r->line += *r->at++ == '\n';
    return *r->at;
}

static bool take(struct reader *r, char c, const char *what)
{
    if (next(r) != c)
        return fail(r, what);
    r->at++;
    return true;
}

static bool read_string(struct reader *r, char *out, size_t room)
{
    size_t n = 0;
    if (!take(r, '"', "a string is missing"))
        return false;
    for (; *r->at != '"'; r->at++) {
        if ((unsigned char)*r->at < 0x20)
            return fail(r, "a string is not closed, or has a control character");
        if (*r->at == '\\') {
            r->at++;
            if (*r->at != '"' && *r->at != '\\' && *r->at != '/')
                return fail(r, "an escape other than \\\", \\\\ and \\/");
        }
        if (n + 1 >= room)
            return fail(r, "a string is too long");
        out[n++] = *r->at;
    }
    out[n] = '\0';
    r->at++;
    return true;
}

/* [-] digits [. digits]: no exponents. */
static bool read_number(struct reader *r, char *out, size_t room)
{
    const size_t sign = *r->at == '-', whole = strspn(r->at + sign, "0123456789");
    size_t n = sign + whole;
    if (whole > 1 && r->at[sign] == '0')
        return fail(r, "a number that begins with 0");
    if (r->at[n] == '.') {
        const size_t part = strspn(r->at + n + 1, "0123456789");
        n = part ? n + 1 + part : room;
    }
    if (whole == 0 || n >= room)
        return fail(r, "not a value");
    memcpy(out, r->at, n);
    out[n] = '\0';
    r->at += n;
    return true;
}

static bool read_object(struct reader *r, const char *prefix, int depth);

static bool read_value(struct reader *r, const char *name, int depth)
{
    if (next(r) == '{')
        return read_object(r, name, depth + 1);
    if (json_find(r->j, name))
        return fail(r, "a name comes twice");
    if (r->j->count == JSON_MAX_VALUES)
        return fail(r, "too many values");
    struct json_value *v = &r->j->value[r->j->count];
    snprintf(v->name, sizeof v->name, "%s", name);
    v->type = *r->at == '"' ? JSON_STRING : *r->at == 't' || *r->at == 'f' ? JSON_BOOL : JSON_NUMBER;
    if (v->type == JSON_STRING && !read_string(r, v->text, sizeof v->text))
        return false;
    if (v->type == JSON_NUMBER && !read_number(r, v->text, sizeof v->text))
        return false;
    if (v->type == JSON_BOOL) {
        const char *word = *r->at == 't' ? "true" : "false";
        if (strncmp(r->at, word, strlen(word)) != 0)
            return fail(r, "not a value");
        snprintf(v->text, sizeof v->text, "%s", word);
        r->at += strlen(word);
    }
    r->j->count++;
    return true;
}

static bool read_object(struct reader *r, const char *prefix, int depth)
{
    if (depth > MAX_DEPTH)
        return fail(r, "objects too deep in each other");
    if (!take(r, '{', "an object is missing"))
        return false;
    for (bool first = true; next(r) != '}'; first = false) {
        char key[JSON_NAME_BYTES / 2], name[JSON_NAME_BYTES];
        if (!first && !take(r, ',', "a comma or } is missing"))
            return false;
        next(r);
        if (!read_string(r, key, sizeof key) || !take(r, ':', "a colon is missing"))
            return false;
        snprintf(name, sizeof name, "%.40s%s%s", prefix, *prefix ? "." : "", key);
        if (!read_value(r, name, depth))
            return false;
    }
    r->at++;
    return true;
}

bool json_read(struct json *j, const char *text)
{
    struct reader r = {j, text, 1};
    j->count = 0;
    j->error[0] = '\0';
    return read_object(&r, "", 1) && (next(&r) == '\0' || fail(&r, "something after the end"));
}

const struct json_value *json_find(const struct json *j, const char *name)
{
    for (size_t i = 0; i < j->count; i++)
        if (strcmp(j->value[i].name, name) == 0)
            return &j->value[i];
    return NULL;
}

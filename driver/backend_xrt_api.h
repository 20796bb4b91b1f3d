/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XRT, loaded at run time: its functions, what must hold before the first is called, and its words.
 *
 * XRT tells what went wrong on its console only. The words are kept: its log goes to memory, and driver_xrt_fail() adds what was
 * written there since it was last looked at.
 */
#ifndef SYSTOLE_BACKEND_XRT_API_H
#define SYSTOLE_BACKEND_XRT_API_H

#include "message.h"

#define XRT_TO_DEVICE 0
#define XRT_FROM_DEVICE 1
#define XRT_MAX_CARDS 16u

/* States of a run, as XRT numbers them. */
enum xrt_state { XRT_RUN_COMPLETED = 4, XRT_RUN_ERROR = 5, XRT_RUN_ABORT = 6, XRT_RUN_SUBMITTED = 7 };

struct xrt_api {
#define SYSTOLE_XRT(result, name, parameters) result(*name) parameters;
#include "backend_xrt_api.def"
#undef SYSTOLE_XRT
};

/*
 * The functions, loaded once and never unloaded. NULL with the reason in `why`: the library is not there, has not all of them, or
 * XILINX_XRT does not name a folder with XRT's own libraries (then XRT would end the process).
 */
const struct xrt_api *driver_xrt_api(struct driver_message *why);

/* One of XRT's libraries, to stay loaded; NULL with the reason in `why`, which calls it `what`. */
void *driver_xrt_library(const char *file, const char *what, struct driver_message *why);

/* How many cards there are; opening one that is not there is no error in every version of XRT. */
unsigned driver_xrt_cards(void);

/* As driver_fail(), with XRT's words after it. */
enum systole_status driver_xrt_fail(struct driver_message *why, enum systole_status status, const char *format, ...)
    DRIVER_PRINTF(3, 4);

/* Forgets what XRT has said so far. */
void driver_xrt_forget_words(void);

/* Cards are shared by the devices of a process: they are opened and closed one at a time. Needed for driver_xrt_api() too. */
void driver_xrt_lock(void);
void driver_xrt_unlock(void);

#endif

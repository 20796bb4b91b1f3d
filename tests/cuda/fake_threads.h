/* SPDX-License-Identifier: Apache-2.0 */
/* What the stand-in for the driver and a kernel compiled for it share. */
#ifndef FAKE_THREADS_H
#define FAKE_THREADS_H

struct FakePlace {
    unsigned x, y;
};

/* Of the item that runs now. */
struct FakeThreads {
    FakePlace group, item, grid;
    void (*yield)();
};

#endif

/* Services of the operating system that the network uses: a clock and aligned memory. */
#ifndef CREGNET_SYSTEM_H
#define CREGNET_SYSTEM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds since a fixed point in time. */
static double seconds_now(void)
{
    struct timespec now;
#if defined(CLOCK_MONOTONIC)
    clock_gettime(CLOCK_MONOTONIC, &now);
#else                           /* Windows: setting the clock only shifts the next check for Ctrl-C */
    timespec_get(&now, TIME_UTC);
#endif
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum { ALIGNMENT = 64, ALIGNMENT_ROOM = ALIGNMENT + sizeof(void *) };

/* The first address aligned to 64 bytes that leaves room below it, where the pointer to the memory is stored. */
static void *aligned_within(char *memory)
{
    char *aligned;
    if (memory == NULL) return NULL;
    aligned = (char *)(((uintptr_t)memory + sizeof(void *) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    memcpy(aligned - sizeof(void *), &memory, sizeof(void *));
    return aligned;
}

static void *aligned_uninitialized(size_t n_bytes) { return aligned_within(malloc(n_bytes + ALIGNMENT_ROOM)); }

/* Zeroed. calloc does not clear pages that the system has just cleared, so the first to touch a page is the thread that
 * uses it. */
static void *aligned_new(size_t n_bytes) { return aligned_within(calloc(1, n_bytes + ALIGNMENT_ROOM)); }

static void aligned_delete(void *aligned)
{
    void *memory;
    if (aligned == NULL) return;
    memcpy(&memory, (char *)aligned - sizeof(void *), sizeof(void *));
    free(memory);
}

#endif

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

/* Memory aligned to 64 bytes, uninitialised. The pointer that malloc returned is stored just below it. */
static void *aligned_uninitialized(size_t n_bytes)
{
    char *memory = malloc(n_bytes + 64 + sizeof(void *)), *aligned;
    if (memory == NULL) return NULL;
    aligned = (char *)(((uintptr_t)memory + sizeof(void *) + 63) / 64 * 64);
    memcpy(aligned - sizeof(void *), &memory, sizeof(void *));
    return aligned;
}

/* The same, zeroed. */
static void *aligned_new(size_t n_bytes)
{
    void *aligned = aligned_uninitialized(n_bytes);
    if (aligned != NULL) memset(aligned, 0, n_bytes);
    return aligned;
}

static void aligned_delete(void *aligned)
{
    void *memory;
    if (aligned == NULL) return;
    memcpy(&memory, (char *)aligned - sizeof(void *), sizeof(void *));
    free(memory);
}

#endif

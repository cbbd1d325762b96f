/* Worker threads that outlive a call for a moment, for calls that are too short to start a team.
 *
 * A. Starting a thread takes the caller 15 microseconds, and the thread begins 20 later: as long as some predictions
 *    take. A worker that has finished its part therefore spins for a moment, then sleeps, and ends if no job comes
 *    within POOL_IDLE. So nothing persists but for that time.
 * B. One call at a time owns the pool. Others start a team of their own.
 * C. A job has tickets, one for each worker that may join it. When the caller has no more work, it takes back the
 *    tickets that are left: a worker that has not woken by then does not join, and the caller waits only for
 *    those that have joined.
 * D. A forked child has none of the workers: the pool starts empty there. Signals are left to the other threads.
 */
#ifndef CREGNET_POOL_H
#define CREGNET_POOL_H

#include "team.h"

#ifdef CREGNET_NO_THREADS

static int pool_acquire(int size) { (void)size; return 0; }
static int pool_spinning(void) { return 0; }
static void pool_run(team_function function, void *argument, int size) { (void)size, function(argument, 0); }

#else

#include <errno.h>
#if !defined(_WIN32)
#  include <signal.h>
#  include <time.h>
#endif

#define POOL_IDLE_MILLISECONDS 100

static struct {
    atomic_int owned;           /* by a call */
    atomic_int workers;         /* threads of the pool */
    atomic_int sleeping;
    atomic_int tickets;         /* workers that may still join the job */
    atomic_int left;            /* workers that have joined the job and are done */
    team_function function;
    void *argument;
#if defined(_WIN32)
    SRWLOCK lock;
    CONDITION_VARIABLE job;
} pool;                         /* zeros are SRWLOCK_INIT and CONDITION_VARIABLE_INIT */

static void pool_lock(void) { AcquireSRWLockExclusive(&pool.lock); }
static void pool_unlock(void) { ReleaseSRWLockExclusive(&pool.lock); }
static void pool_wake(void) { WakeAllConditionVariable(&pool.job); }
static int pool_sleep(void) { return SleepConditionVariableSRW(&pool.job, &pool.lock, POOL_IDLE_MILLISECONDS, 0); }
#else
    int survives_fork;
    pthread_mutex_t lock;
    pthread_cond_t job;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .job = PTHREAD_COND_INITIALIZER};

static void pool_lock(void) { pthread_mutex_lock(&pool.lock); }
static void pool_unlock(void) { pthread_mutex_unlock(&pool.lock); }
static void pool_wake(void) { pthread_cond_broadcast(&pool.job); }

/* Whether the pool was woken, and not by the time. */
static int pool_sleep(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POOL_IDLE_MILLISECONDS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return pthread_cond_timedwait(&pool.job, &pool.lock, &until) != ETIMEDOUT;
}

static void pool_forked(void)
{
    pool.owned = pool.workers = pool.sleeping = pool.tickets = pool.left = 0;
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.job, NULL);
}
#endif

/* Wait for a job; 0: none came, and the worker no longer belongs to the pool. */
static int pool_wait(void)
{
    int woken = 1;
    for (int spins = 0; spins < TEAM_SPINS; spins++) {
        if (atomic_load_explicit(&pool.tickets, memory_order_relaxed) > 0) return 1;
        TEAM_PAUSE();
    }
    pool_lock();
    atomic_fetch_add(&pool.sleeping, 1);
    while (woken && atomic_load(&pool.tickets) == 0) woken = pool_sleep();
    woken = atomic_load(&pool.tickets) > 0;
    atomic_fetch_sub(&pool.sleeping, 1);
    if (!woken) atomic_fetch_sub(&pool.workers, 1);
    pool_unlock();
    return woken;
}

#if defined(_WIN32)
static unsigned __stdcall pool_main(void *nothing)
#else
static void *pool_main(void *nothing)
#endif
{
    (void)nothing;
    while (pool_wait()) {
        int ticket = atomic_load(&pool.tickets);
        while (ticket > 0 && !atomic_compare_exchange_weak(&pool.tickets, &ticket, ticket - 1)) {}
        if (ticket > 0) {
            pool.function(pool.argument, ticket);
            atomic_fetch_add_explicit(&pool.left, 1, memory_order_release);
        }
    }
    return 0;
}

/* Start a worker; 0 if the system cannot. */
static int pool_grow(void)
{
    int started;
    atomic_fetch_add(&pool.workers, 1);
#if defined(_WIN32)
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, pool_main, NULL, 0, NULL);
    started = thread != 0;
    if (started) CloseHandle(thread);
#else
    pthread_t thread;
    sigset_t all, before;
    if (!pool.survives_fork) pool.survives_fork = pthread_atfork(NULL, NULL, pool_forked) == 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pool.survives_fork && pthread_create(&thread, NULL, pool_main, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) pthread_detach(thread);
#endif
    if (!started) atomic_fetch_sub(&pool.workers, 1);
    return started;
}

/* Workers that would begin at once. */
static int pool_spinning(void)
{
    return atomic_load_explicit(&pool.owned, memory_order_relaxed)
        ? 0
        : atomic_load_explicit(&pool.workers, memory_order_relaxed)
            - atomic_load_explicit(&pool.sleeping, memory_order_relaxed);
}

/* Own the pool, with up to size - 1 workers; returns the number of threads with the caller, 0 if another call owns
 * the pool. */
static int pool_acquire(int size)
{
    int free = 0, workers;
    if (!atomic_compare_exchange_strong(&pool.owned, &free, 1)) return 0;
    while ((workers = atomic_load(&pool.workers)) < size - 1)
        if (!pool_grow()) break;
    return workers < size - 1 ? workers + 1 : size;
}

/* Run function(argument, member) on the caller, which is member 0, and on the workers of an owned pool that wake
 * before the caller has finished. */
static void pool_run(team_function function, void *argument, int size)
{
    int joined;
    pool.function = function;
    pool.argument = argument;
    atomic_store_explicit(&pool.left, 0, memory_order_relaxed);
    atomic_store(&pool.tickets, size - 1);
    if (atomic_load(&pool.sleeping) > 0) {
        pool_lock();
        pool_wake();
        pool_unlock();
    }
    function(argument, 0);
    joined = size - 1 - atomic_exchange(&pool.tickets, 0);
    for (int spins = 0; atomic_load_explicit(&pool.left, memory_order_acquire) < joined; spins++)
        if (spins < TEAM_SPINS) TEAM_PAUSE();
        else team_yield();
    atomic_store_explicit(&pool.owned, 0, memory_order_release);
}

#endif
#endif

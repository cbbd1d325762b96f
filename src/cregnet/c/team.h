/* A team of threads for the length of one call.
 *
 * A. The threads are started when the call begins and have ended when it returns. Nothing persists,
 *    so a forked child, several Python threads at once and a process pool need no special care.
 *    Starting a thread costs about 20 microseconds, against a call of about a tenth of a second.
 * B. All members run the same function and synchronise at barriers. A waiting member spins for a
 *    moment and then yields its time slice, so that a team larger than the number of free cores makes
 *    progress, if slowly.
 * C. Work whose pieces need not be divided evenly is taken from a counter, piece by piece (team_take), so that the
 *    caller works while the other threads are still starting. Pieces are numbered so that a piece depends only on
 *    pieces with lower numbers: whoever waits for these (team_wait_done) waits for running threads alone.
 * D. If the system cannot start a thread, the team is smaller; a team of one starts no thread. The threads
 *    are therefore started before memory is sized or work is divided by their number, and wait for team_run.
 */
#ifndef CREGNET_TEAM_H
#define CREGNET_TEAM_H

#include <stddef.h>

#if defined(__STDC_NO_ATOMICS__) || (defined(_MSC_VER) && !defined(__clang__))
#  define CREGNET_NO_THREADS
#endif

enum { TEAM_MOST = 256 };

#ifdef CREGNET_NO_THREADS

typedef struct { int size, stop; ptrdiff_t taken, done; } Team;
typedef void (*team_function)(void *argument, int member);
static void team_request_stop(Team *team) { team->stop = 1; }
static int team_stop_requested(Team *team) { return team->stop; }
static int team_stop_agreed(Team *team) { return team->stop; }
static void team_barrier(Team *team) { (void)team; }
static ptrdiff_t team_take(Team *team) { return team->taken++; }
static void team_finish(Team *team) { team->done++; }
static void team_wait_done(Team *team, ptrdiff_t n) { (void)team, (void)n; }
static int team_start(Team *team, int size)
{
    (void)size;
    team->size = 1;
    team->stop = 0;
    team->taken = team->done = 0;
    return 1;
}
static void team_run(Team *team, team_function function, void *argument)
{
    (void)team;
    function(argument, 0);
}
static void team_dismiss(Team *team) { (void)team; }

#else

#include <stdatomic.h>
#if defined(_WIN32)
#  define WIN32_LEAN_AND_MEAN
#  include <windows.h>
#  include <process.h>
typedef HANDLE team_thread;
static void team_yield(void) { SwitchToThread(); }
#else
#  include <pthread.h>
#  include <sched.h>
typedef pthread_t team_thread;
static void team_yield(void) { sched_yield(); }
#endif

#if defined(__x86_64__) || defined(_M_X64)
#  define TEAM_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#  define TEAM_PAUSE() __asm__ volatile("yield")
#else
#  define TEAM_PAUSE() ((void)0)
#endif
#define TEAM_SPINS 4000         /* some tens of microseconds, longer than most waits */

typedef void (*team_function)(void *argument, int member);

typedef struct Team Team;
typedef struct { Team *team; int member; } TeamMember;

struct Team {
    atomic_int size;            /* 0 until the team runs */
    atomic_int arrived;
    atomic_int phase;
    atomic_int stop;            /* requested by a member, at any time */
    atomic_ptrdiff_t taken;     /* pieces of work */
    atomic_ptrdiff_t done;
    atomic_int agreed;          /* `stop` as the last member to reach the last barrier read it: equal in all members */
    team_function function;     /* NULL: the members end at once */
    void *argument;
    int started;                /* members that wait for team_run, the caller included; 0: none */
    team_thread threads[TEAM_MOST];
    TeamMember members[TEAM_MOST];
};

/* Wait while *value is `old`. */
static void team_wait(atomic_int *value, int old)
{
    for (int spins = 0; atomic_load_explicit(value, memory_order_acquire) == old; spins++)
        if (spins < TEAM_SPINS) TEAM_PAUSE();
        else team_yield();
}

static void team_request_stop(Team *team) { atomic_store_explicit(&team->stop, 1, memory_order_relaxed); }
static int team_stop_requested(Team *team) { return atomic_load_explicit(&team->stop, memory_order_relaxed); }
static int team_stop_agreed(Team *team) { return atomic_load_explicit(&team->agreed, memory_order_relaxed); }
static void team_agree(Team *team)
{
    atomic_store_explicit(&team->agreed, team_stop_requested(team), memory_order_relaxed);
}

/* Wait for all members. After the barrier all of them see what any of them wrote before it. */
static void team_barrier(Team *team)
{
    const int size = atomic_load_explicit(&team->size, memory_order_relaxed);
    if (size == 1) {
        team_agree(team);
        return;
    }
    const int phase = atomic_load_explicit(&team->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) == size - 1) {
        team_agree(team);
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&team->phase, phase + 1, memory_order_release);
    } else
        team_wait(&team->phase, phase);
}

/* The number of the next piece of work: 0, 1, 2, ... */
static ptrdiff_t team_take(Team *team)
{
    return atomic_fetch_add_explicit(&team->taken, 1, memory_order_relaxed);
}

/* The caller has done a piece of work. */
static void team_finish(Team *team) { atomic_fetch_add_explicit(&team->done, 1, memory_order_release); }

/* Wait until n pieces are done. After it the caller sees what was written in doing them. */
static void team_wait_done(Team *team, ptrdiff_t n)
{
    for (int spins = 0; atomic_load_explicit(&team->done, memory_order_acquire) < n; spins++)
        if (spins < TEAM_SPINS) TEAM_PAUSE();
        else team_yield();
}

#if defined(_WIN32)
static unsigned __stdcall team_main(void *memory)
#else
static void *team_main(void *memory)
#endif
{
    const TeamMember *me = memory;
    team_wait(&me->team->size, 0);
    if (me->team->function != NULL) me->team->function(me->team->argument, me->member);
    return 0;
}

/* Start a team of up to `size` members, the caller included; returns its size. */
static int team_start(Team *team, int size)
{
    int n = 1;
    atomic_init(&team->size, 0);
    atomic_init(&team->arrived, 0);
    atomic_init(&team->phase, 0);
    atomic_init(&team->stop, 0);
    atomic_init(&team->agreed, 0);
    atomic_init(&team->taken, 0);
    atomic_init(&team->done, 0);
    for (; n < size && n < TEAM_MOST; n++) {
        team->members[n] = (TeamMember){team, n};
#if defined(_WIN32)
        team->threads[n] = (HANDLE)_beginthreadex(NULL, 0, team_main, &team->members[n], 0, NULL);
        if (team->threads[n] == 0) break;
#else
        if (pthread_create(&team->threads[n], NULL, team_main, &team->members[n]) != 0) break;
#endif
    }
    return team->started = n;
}

/* Run function(argument, member) on every member of a started team and wait for their threads to end. The
 * caller is member 0. */
static void team_run(Team *team, team_function function, void *argument)
{
    const int n = team->started;
    team->function = function;
    team->argument = argument;
    atomic_store_explicit(&team->size, n, memory_order_release);
    if (function != NULL) function(argument, 0);
    for (int i = 1; i < n; i++) {
#if defined(_WIN32)
        WaitForSingleObject(team->threads[i], INFINITE);
        CloseHandle(team->threads[i]);
#else
        pthread_join(team->threads[i], NULL);
#endif
    }
    team->started = 0;
}

/* End the threads of a team that was started and will not run. */
static void team_dismiss(Team *team) { if (team->started > 0) team_run(team, NULL, NULL); }

#endif
#endif

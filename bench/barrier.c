/* Seconds per barrier of the core's team of threads, alone: barrier THREADS ROUNDS prints one number; with ROUNDS 0 the
 * seconds in which a team is started, runs nothing and ends. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "team.h"

static Team team;
static long rounds;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void meet(void *seconds, int member)
{
    team_barrier(&team);            /* all members have started */
    const double started = now();
    for (long k = 0; k < rounds; k++) team_barrier(&team);
    if (member == 0) *(double *)seconds = now() - started;
}

int main(int argc, char **argv)
{
    const int size = argc > 1 ? atoi(argv[1]) : 2;
    double seconds = 0, started = now();
    rounds = argc > 2 ? atol(argv[2]) : 100000;
    if (team_start(&team, size) != size) return 1;
    team_run(&team, meet, &seconds);
    printf("%.9g\n", rounds > 0 ? seconds / (double)rounds : now() - started);
    (void)team_stop_agreed;
    (void)team_request_stop;
    (void)team_dismiss;
    return 0;
}

/* Named points between what is done and what is told, at which a test ends or stops the process.
 *
 * Only in builds of tests (tests/crash, SHORTFALL_CRASH_POINTS): elsewhere a point is nothing at
 * all. The names are found by the tests in these sources, so each stands in one place. */
#ifndef SHORTFALL_KIT_CRASH_POINT_H
#define SHORTFALL_KIT_CRASH_POINT_H

#ifdef SHORTFALL_CRASH_POINTS
void crash_point_reached(const char *name);
#define CRASH_POINT(name) crash_point_reached(name)
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif

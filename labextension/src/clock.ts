import { useEffect, useReducer } from 'react';

/** Seconds between two looks at the clock of lists in which little happens. */
export const PAUSE = 10;

/** Render again every so many seconds, so that a time that is told stays true; never for null. */
export function useClock(seconds: number | null): void {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (seconds === null) {
      return;
    }
    const timer = window.setInterval(tick, 1000 * seconds);
    return () => window.clearInterval(timer);
  }, [seconds]);
}

/** Return how many seconds an age stays true, as `ago` tells it. */
export function steadyFor(moment: string, now: number = Date.now()): number {
  const seconds = (now - new Date(moment).getTime()) / 1000;
  return seconds < 90 ? 1 : seconds < 5400 ? 30 : 600;
}

import { useEffect, useReducer } from 'react';

/** The interval at which lists update the ages that they show, in seconds. */
export const LIST_INTERVAL = 10;

/** Render the component again every `seconds`, to update times relative to now; null for never. */
export function useInterval(seconds: number | null): void {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (seconds === null) {
      return;
    }
    const timer = window.setInterval(render, 1000 * seconds);
    return () => window.clearInterval(timer);
  }, [seconds]);
}

/** Return the interval in seconds at which the text of an age changes, as `ago` formats it. */
export function ageInterval(moment: string, now: number = Date.now()): number {
  const seconds = (now - new Date(moment).getTime()) / 1000;
  return seconds < 90 ? 1 : seconds < 5400 ? 30 : 600;
}

/** Return what a promise gives within some milliseconds, else null. */
export function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | null> {
  const timeout = new Promise<null>(resolve =>
    window.setTimeout(() => resolve(null), milliseconds)
  );
  return Promise.race([promise, timeout]);
}

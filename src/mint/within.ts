import type { Duration } from '../time.js'

/**
 * Does a piece of work and waits for at most `limit` milliseconds: past them the signal given to it is
 * aborted and the promise rejects with an AbortError, whether or not the work heeds the signal.
 */
export async function within<T>(limit: Duration, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
  })
  const timer = setTimeout(() => stop.abort(), limit)
  try {
    return await Promise.race([work(stop.signal), stopped])
  } finally {
    clearTimeout(timer)
  }
}

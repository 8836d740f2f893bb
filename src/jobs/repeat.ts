import type { Duration } from '../time.js'

/** A job under way. */
interface Repeating {
  /** Resolves once no run is under way and none will come. */
  stop(): Promise<void>
}

/**
 * Runs `job` again and again, `every` milliseconds after the last run ended, so that slow runs never pile
 * up. A run that fails is reported and tried again like any other.
 */
export function repeat(
  every: Duration,
  job: () => Promise<unknown>,
  failed: (error: unknown) => void,
): Repeating {
  let stopped = false
  let running: Promise<void> = Promise.resolve()
  let timer = setTimeout(run, every)
  timer.unref()

  function run() {
    running = job()
      .then(() => undefined, failed)
      .then(() => {
        if (stopped) return
        timer = setTimeout(run, every)
        timer.unref()
      })
  }
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

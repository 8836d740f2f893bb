/** Work that must end before what it works with is closed. */
interface UnderWay {
  /** The same promise, remembered until it settles. */
  track<T>(work: Promise<T>): Promise<T>
  /** Resolves once all that was tracked, and all that was added meanwhile, has settled. */
  settled(): Promise<void>
}

/**
 * Keeps count of work by itself, apart from its request: a client that is gone ends the request, and not the
 * session that STS is about to make, which must be on the record.
 */
export function underWay(): UnderWay {
  const working = new Set<Promise<unknown>>()
  return {
    track(work) {
      const done = work.then(
        () => undefined,
        () => undefined,
      )
      working.add(done)
      void done.then(() => working.delete(done))
      return work
    },
    async settled() {
      while (working.size > 0) await Promise.all(working)
    },
  }
}

export interface Hold {
  /** Resolves once this many calls wait for their answer. */
  readonly arrived: (count?: number) => Promise<void>
  readonly release: () => void
}

/** A gate that answers wait at, and that tells how many do. */
export function createGate() {
  const waiting: (() => void)[] = []
  const watchers: { count: number; resolve: () => void }[] = []
  let closed = false
  return {
    pass: async () => {
      if (!closed) return
      const released = new Promise<void>((resolve) => waiting.push(resolve))
      for (const { count, resolve } of watchers) if (waiting.length >= count) resolve()
      await released
    },
    hold: (): Hold => {
      closed = true
      return {
        arrived: (count = 1) =>
          new Promise((resolve) => {
            if (waiting.length >= count) resolve()
            else watchers.push({ count, resolve })
          }),
        release: () => {
          closed = false
          for (const resolve of waiting.splice(0)) resolve()
        },
      }
    },
  }
}

/** A clock that only a test moves. It begins at the real time, since the SDK signs with that. */
export interface HandClock {
  (): number
  advance(ms: number): void
}

export function handClock(start = Date.now()): HandClock {
  let at = start
  return Object.assign(() => at, {
    advance(ms: number) {
      at += ms
    },
  })
}

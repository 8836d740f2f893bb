/** A stream of choices. The same seed gives the same ones, whatever the machine. */
export interface Random {
  /** A whole number from `least` up to and with `most`. */
  between(least: number, most: number): number
  pick<T>(list: readonly T[]): T
  /** True so often, from 0 to 1. */
  chance(often: number): boolean
  /** A stream of its own, so that what one of several at once draws does not depend on the others' pace. */
  branch(name: string): Random
}

/** FNV-1a: only to spread names over 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5
  for (const char of text) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return sum >>> 0
}

/** Choices by mulberry32 (Tommy Ettinger, public domain): small, fast, and good enough for mischief. */
export function createRandom(seed: number, name = ''): Random {
  let state = (seed ^ hash(name)) >>> 0
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (least, most) => least + Math.floor(draw() * (most - least + 1)),
    pick<T>(list: readonly T[]): T {
      const one = list[Math.floor(draw() * list.length)]
      if (one === undefined) throw new Error('There is nothing to pick from.')
      return one
    },
    chance: (often) => draw() < often,
    branch: (branch) => createRandom(seed, `${name}/${branch}`),
  }
}

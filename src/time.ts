/** Milliseconds since 1970 UTC. All times in Stint are this; text is made at the faces. */
export type Instant = number

/** Milliseconds. */
export type Duration = number

/** What time it is. Passed in everywhere, so that tests decide it. */
export type Clock = () => Instant

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Reads `15m`, `1h30m`, `2d`: whole numbers with a unit, largest first, each unit once.
 * Returns undefined for anything else, zero included: there is no use for a duration of nothing.
 */
export function parseDuration(text: string): Duration | undefined {
  const parts = /^(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?$/.exec(text)
  if (!parts) return undefined
  const [, d, h, m, s] = parts
  const total =
    Number(d ?? 0) * units.d + Number(h ?? 0) * units.h + Number(m ?? 0) * units.m + Number(s ?? 0) * units.s
  return total > 0 ? total : undefined
}

/** `5400000` as `1h30m`: the form that `parseDuration` reads; parts of a second are dropped. */
export function formatDuration(ms: Duration): string {
  let rest = Math.floor(ms / 1_000) * 1_000
  let text = ''
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / units[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * units[unit]
  }
  return text || '0s'
}

/** `2026-11-22T10:00:00.000Z`. */
export const iso = (at: Instant): string => new Date(at).toISOString()

/** `2026-11-22T10:00:00Z`, as IAM writes it; rounded down, so that a bound is never later than meant. */
export const isoSeconds = (at: Instant): string => `${new Date(at).toISOString().slice(0, 19)}Z`

import { iso, type Duration, type Instant } from '../../../time.js'

/** `2026-11-22 10:00 UTC`. */
export const timeText = (at: Instant): string => `${iso(at).slice(0, 10)} ${iso(at).slice(11, 16)} UTC`

/** `12,345`, the same on every machine. */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

/** `$1,234.50`; whole dollars from a thousand on. */
export function usdText(usd: number): string {
  const [whole = '', cents = ''] = usd.toFixed(usd < 1_000 ? 2 : 0).split('.')
  return `$${countText(Number(whole))}${cents && `.${cents}`}`
}

/** `17 %`; what is something never looks like nothing. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (100 * part) / whole
  return percent > 0 && percent < 1 ? '< 1 %' : `${Math.round(percent)} %`
}

/** `1 grant`, `2 grants`. */
export const many = (count: number, one: string, more = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : more}`

/** `42 s`, `17 min`, `3.2 h`, `12 d`: as much as one reads at a glance. */
export function spanText(span: Duration): string {
  const [seconds, minutes, hours] = [span / 1_000, span / 60_000, span / 3_600_000]
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (minutes < 100) return `${Math.round(minutes)} min`
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} d`
}

/** How subjects are called in a report: those of the directory that most are of, by their own part alone. */
export interface Names {
  readonly directory: string
  of(subject: string): string
}

export function namesFor(subjects: readonly string[]): Names {
  const counts = new Map<string, number>()
  for (const subject of subjects) {
    const directory = subject.slice(0, Math.max(0, subject.indexOf('#')))
    counts.set(directory, (counts.get(directory) ?? 0) + 1)
  }
  const [[directory] = ['']] = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
  return {
    directory,
    of: (subject) =>
      directory !== '' && subject.startsWith(`${directory}#`) ? subject.slice(directory.length + 1) : subject,
  }
}

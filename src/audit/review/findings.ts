import { agreeingFindings } from './agreeing.js'
import type { Finding, Matter } from './finding.js'
import { grantingFindings } from './granting.js'
import { habitFindings } from './habits.js'
import { keepingFindings } from './keeping.js'

/** Every rule with what it found: first what somebody should look at, and of that first what was found. */
export const findingsIn = (matter: Matter): readonly Finding[] => {
  const all = [
    ...agreeingFindings(matter),
    ...grantingFindings(matter),
    ...habitFindings(matter),
    ...keepingFindings(matter),
  ]
  const place = ({ weight, rows }: Finding): number => (weight === 'look' ? 0 : 2) + (rows.length > 0 ? 0 : 1)
  return all.sort((a, b) => place(a) - place(b))
}

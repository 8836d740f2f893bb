/**
 * The families that share one vCPU quota, by the letters that a type begins with (EC2 user guide, "On-Demand Instance
 * quotas"; the quotas are named so in Service Quotas too). Standard is all that stands in no other.
 */
const families: readonly (readonly [RegExp, string])[] = [
  [/^u(7i|-)/, 'high-memory'],
  [/^inf/, 'inf'],
  [/^trn/, 'trn'],
  [/^dl/, 'dl'],
  [/^hpc/, 'hpc'],
  [/^(g|gr|vt)\d/, 'g'],
  [/^p\d/, 'p'],
  [/^f\d/, 'f'],
  [/^x\d/, 'x'],
]

/** Every family's name, as pools are called after it. */
export const familyNames: readonly string[] = ['standard', ...families.map(([, name]) => name)]

/** The family of an instance type: `standard` for `m5.large`. */
export const familyOf = (type: string): string =>
  families.find(([pattern]) => pattern.test(type))?.[1] ?? 'standard'

/** What each vCPU of a type costs on top at most by credits, USD an hour: nothing where its series cannot burst. */
export function burstOf(type: string, usdPerVcpuHour: Readonly<Record<string, number>>): number {
  const series = type.split('.')[0] ?? ''
  return Object.hasOwn(usdPerVcpuHour, series) ? (usdPerVcpuHour[series] ?? 0) : 0
}

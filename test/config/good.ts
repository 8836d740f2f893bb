import type { ConfigFault } from '../../src/config/fault.js'
import { loadConfig } from '../../src/config/load.js'
import { Fault } from '../../src/fault.js'

export const good = `
issuers:
  - issuer: https://login.example.com/oauth2/default
    directory: corp
    audience: stint
    claims: { subject: email, groups: groups, keep: [team] }
  - issuer: https://ci.example.com
    directory: ci
    kind: workload
    audience: stint
    claims: { keep: [repository] }
    require: { owner: "1234567" }
networks:
  office: [203.0.113.0/24]
  vpn: [2001:db8:10::/48]
trustedProxies: [10.0.0.0/28]
accounts:
  "123456789012": { name: prod, regions: [us-east-1, eu-west-1] }
  "210987654321": { name: staging, regions: [eu-west-1] }
people: { auditors: { groups: [audit] }, operators: [{ groups: [platform] }] }
roles:
  debug:
    accounts: ["123456789012", "210987654321"]
    arn: arn:aws:iam::{account}:role/stint-debug
    who: { groups: [engineers] }
    from: [office, vpn]
    window: { default: 15m, max: 4h }
    ceiling:
      - actions: [dynamodb:GetItem]
        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/orders"]
deny:
  - { name: leavers, who: { groups: [leavers] }, because: Access ends. }
approvals:
  - { name: long, when: 'ask.window > duration("1h")', votes: 1, by: { groups: [leads] } }
`

/** The good file with pieces of text replaced; each must be there. */
export function but(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`not in the file: ${from}`)
    return text.replace(from, () => to)
  }, good)
}

export const faultsOf = (
  file: string,
  env: Record<string, string | undefined> = {},
): readonly ConfigFault[] => (loadFault(file, env)?.members['faults'] ?? []) as readonly ConfigFault[]

/** The fault that a file is refused with; undefined when it is taken. */
export function loadFault(file: string, env: Record<string, string | undefined> = {}): Fault | undefined {
  try {
    loadConfig({ file, env })
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid_config') return error
    throw error
  }
  return undefined
}

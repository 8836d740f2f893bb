import type { Catalog } from '../catalog/catalog.js'
import type { Issuer } from '../identity/issuer.js'
import type { Range } from '../identity/network.js'
import { compileApprovals, compileDeny } from './approvals.js'
import type { Report } from './fault.js'
import type { ConfigFile } from './file.js'
import { checkActors } from './actors.js'
import { checkAgreement, compileCost } from './cost.js'
import { compileClicks, type SlackPeople } from './clicks.js'
import { compileIssuers } from './issuers.js'
import type { Known } from './known.js'
import { compileExceptions, type Exception } from './lint.js'
import { compileSignIn } from './limits.js'
import { compileAnyone } from './people.js'
import { compileAccounts, compileFrom, compileNetworks, compileProxies } from './places.js'
import { shippedPrices } from './price-files.js'
import { compileOnCall, type Schedule } from './on-call.js'
import { compileRoles } from './roles.js'

export interface Compiled {
  readonly catalog: Catalog
  readonly issuers: readonly Issuer[]
  readonly trustedProxies: readonly Range[]
  readonly exceptions: readonly Exception[]
  readonly clicks: SlackPeople
  readonly onCall: ReadonlyMap<string, Schedule>
}

/**
 * Judges what the schema let through and compiles it. What comes back is of use only if nothing was
 * reported: where a fault was, a stand-in is.
 */
export function compileCatalog(file: ConfigFile, hash: string, report: Report): Compiled {
  const issuers = compileIssuers(file.issuers, report)
  checkActors(issuers, file.issuers, report)
  const known: Known = {
    issuers,
    networks: Object.keys(file.networks ?? {}),
    accounts: Object.keys(file.accounts ?? {}),
    roles: Object.keys(file.roles ?? {}),
    schedules: Object.keys(file.onCall ?? {}),
    ...(file.slack && { slack: file.slack }),
  }
  const prices = shippedPrices()
  const accounts = compileAccounts(file.accounts, [...prices.pools.keys()], report)
  const staff = (name: 'auditors' | 'operators') =>
    compileAnyone(file.people?.[name], ['people', name], { issuers, report, persons: true, plain: true })
  const voterFrom = file.voters?.from
  let sound = true
  const roles = compileRoles(file.roles, accounts, known, (...fault) => {
    sound = false
    report(...fault)
  })
  const agreement = compileCost(file.cost, compileApprovals(file.approvals, known, report), known, report)
  // A ceiling that is no ceiling has no cost.
  if (sound) checkAgreement(roles, agreement, accounts, prices, report)
  const signIn = file.voters?.signIn && compileSignIn(file.voters.signIn, ['voters', 'signIn'], report)
  return {
    issuers,
    trustedProxies: compileProxies(file.trustedProxies, file.networks, report),
    clicks: compileClicks(file.slack, issuers, report),
    onCall: compileOnCall(file.onCall, file.slack !== undefined, report),
    exceptions: compileExceptions(file.exceptions, known, report),
    catalog: {
      hash,
      prices,
      accounts,
      roles,
      deny: compileDeny(file.deny, known, report),
      ...agreement,
      networks: compileNetworks(file.networks, report),
      ...(file.slack && { slack: { ...(file.slack.feed !== undefined && { feed: file.slack.feed }) } }),
      ...(signIn && { voterSignIn: signIn }),
      ...(voterFrom !== undefined && {
        voterFrom: compileFrom(voterFrom, ['voters', 'from'], known, report),
      }),
      auditors: staff('auditors'),
      operators: staff('operators'),
      offboarding: compileAnyone(file.people?.offboarding, ['people', 'offboarding'], {
        issuers,
        report,
        plain: true,
      }),
      directories: new Set(issuers.filter(({ kind }) => kind === 'person').map(({ directory }) => directory)),
      unattended: new Set(issuers.filter(({ actors }) => actors === 'none').map(({ issuer }) => issuer)),
    },
  }
}

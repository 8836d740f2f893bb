import { describe, subjectsOnly, whoMatches, type Who } from '../approval/who.js'
import type { ApprovalRule } from '../approval/rule.js'
import type { Catalog, Role, SignIn } from '../catalog/catalog.js'
import { matches } from '../iam/pattern.js'
import { directoryOf, peopleOf, type Located } from '../identity/caller.js'
import { namesOf } from '../identity/network.js'
import { formatDuration, iso, type Instant } from '../time.js'
import { blockedText, isOn, type Blocks } from './block.js'
import type { Check, CheckName } from './decision.js'
import { viewOf, type Matter } from './question.js'
import { termsOf } from './terms.js'

export const pass = (check: CheckName, detail: string): Check => ({ check, ok: true, detail })
export const fail = (check: CheckName, detail: string, remedy: string): Check => ({
  check,
  ok: false,
  detail,
  remedy,
})

/** Runs a check whose expressions may throw: one that does is a failed check, never an answer. */
export function guarded(check: CheckName, run: () => Check): Check {
  try {
    return run()
  } catch {
    return fail(
      check,
      'A rule of the configuration could not be evaluated for this ask, so it denies.',
      'Tell the operator: the expression fails on a value that this ask or token lacks.',
    )
  }
}

export const roleExists = ({ role, ask }: Matter): Check =>
  role
    ? pass('role', `The catalogue has the role ${role.name}.`)
    : fail(
        'role',
        `There is no role named ${ask.role}.`,
        'GET /v1/roles lists the roles that you may ask for.',
      )

/** An entry that names the person behind a run holds for the run too: `people` are all that the asker stands for. */
export const notDenied = (matter: Matter): Check =>
  guarded('deny', () => {
    const { catalog, ask, asker } = matter
    const view = viewOf(matter, asker)
    const people = peopleOf(asker).map((subject) => ({ ...asker, subject }))
    const entries = catalog.deny.filter(({ roles }) => roles.some((glob) => matches(glob, ask.role)))
    const entry = entries.find(({ who }) => people.some((person) => whoMatches(who, person, view)))
    if (entry)
      return fail(
        'deny',
        `Refused by the deny entry ${entry.name}: ${entry.because}`,
        'Ask the operator about this entry.',
      )
    const unknown = entries.find(({ who }) =>
      who.some((one) => people.some((person) => mightMatch(one, person))),
    )
    return unknown
      ? fail(
          'deny',
          `The token lacks a claim that the deny entry ${unknown.name} looks at, so it denies.`,
          'Sign in with a token that has it, or ask the operator about this entry.',
        )
      : pass('deny', 'No deny entry names the asker.')
  })

/** Whether only a claim that the token lacks keeps a description from matching: not known must not mean no. */
function mightMatch({ claims = {}, when: _, ...rest }: Who, asker: Located): boolean {
  const held = Object.entries(claims).filter(([name]) => Object.hasOwn(asker.claims, name))
  if (held.length === Object.keys(claims).length) return false
  const known: Who = { ...rest, ...(held.length > 0 && { claims: Object.fromEntries(held) }) }
  return Object.keys(known).length === 0 || whoMatches([known], asker)
}

/** The reason of a block is for operators and the record: it may be about somebody. */
export function notRevoked({ asker, ask, agreed, target }: Matter, { standing }: Blocks): Check {
  const account = agreed?.account ?? target?.account
  const block = standing.find((one) => isOn(one, { asker, role: ask.role, account }))
  return block
    ? fail(
        'revoked',
        `Nothing is granted ${blockedText(block)} since ${iso(block.at)} (revocation ${block.id}).`,
        'An operator must lift it first.',
      )
    : pass('revoked', 'No revocation stands in the way.')
}

export const whoMayAsk = (matter: Matter, role: Role): Check =>
  guarded('who', () =>
    whoMatches(role.who, matter.asker, viewOf(matter, matter.asker))
      ? pass('who', `The asker is among those who may ask for it: ${describe(role.who)}.`)
      : fail(
          'who',
          `The role ${role.name} is for ${describe(role.who)}.`,
          'Ask from an identity that is among these.',
        ),
  )

export function accountKnown({ ask, agreed, target }: Matter, role: Role): Check {
  if (target) return pass('account', `Account ${target.account} (${target.accountName}).`)
  const asked = agreed?.account ?? ask.account
  const known = [...role.targets.values()]
    .map(({ account, accountName }) => `${account} (${accountName})`)
    .join(', ')
  return asked === undefined
    ? fail('account', `The role ${role.name} is in several accounts.`, `Name one of ${known} as account.`)
    : fail('account', `The role ${role.name} is not in account ${asked}.`, `It is in ${known}.`)
}

export function networkAllowed({ catalog, asker }: Matter, role: Role): Check {
  const names = namesOf(catalog.networks, asker.address)
  const where = names.length > 0 ? `network ${names.join(', ')}` : 'no named network'
  if (role.from === 'any')
    return pass('network', `Asked from ${asker.address} (${where}); any address will do.`)
  return role.from.some((name) => names.includes(name))
    ? pass('network', `Asked from ${asker.address} (${where}).`)
    : fail(
        'network',
        `Asked from ${asker.address}, which is in ${where}.`,
        `Ask from one of: ${role.from.join(', ')}.`,
      )
}

/** What is wrong with someone's sign-in as of a moment, in a sentence; undefined when nothing is. */
export function signInFault(demand: SignIn | undefined, who: Located, asOf: Instant): string | undefined {
  if (demand?.maxAge !== undefined) {
    const age = who.authTime === undefined ? undefined : asOf - who.authTime
    if (age === undefined) return 'The token does not say when the sign-in was (auth_time).'
    if (!(age <= demand.maxAge)) return `The sign-in is more than ${formatDuration(demand.maxAge)} old.`
  }
  if (demand?.acr && !(who.acr !== undefined && demand.acr.includes(who.acr)))
    return `The sign-in must have one of the levels ${demand.acr.join(', ')} (acr).`
  const missing = demand?.amr?.filter((method) => !who.amr?.includes(method)) ?? []
  return missing.length > 0 ? `The sign-in must have used ${missing.join(' and ')} (amr).` : undefined
}

export function signedIn({ asker, asOf }: Matter, role: Role): Check {
  const fault = signInFault(role.signIn, asker, asOf)
  return fault === undefined
    ? pass('sign_in', role.signIn ? 'The sign-in is recent and strong enough.' : 'Any valid sign-in will do.')
    : fail('sign_in', fault, 'Sign in again as demanded, then repeat the request with the new token.')
}

export function reasonGiven({ ask, asker }: Matter, role: Role): Check {
  const { min, max } = termsOf(role, asker.kind, ask).reason
  const length = [...(ask.reason ?? '').trim()].length
  return length >= min && length <= max
    ? pass('reason', 'A reason is given.')
    : fail(
        'reason',
        length === 0 ? 'No reason is given.' : `The reason has ${length} of ${min} to ${max} characters.`,
        `Say why in ${min} to ${max} characters.`,
      )
}

export function ticketGiven({ ask }: Matter, role: Role): Check {
  if (role.ticket === undefined) return pass('ticket', 'No ticket is required.')
  return ask.ticket !== undefined && matches(role.ticket, ask.ticket)
    ? pass('ticket', `The ticket ${ask.ticket} has the right form.`)
    : fail(
        'ticket',
        ask.ticket === undefined ? 'No ticket is given.' : 'The ticket does not have the right form.',
        `Name a ticket of the form ${role.ticket}.`,
      )
}

const shortestWindow = 60_000

export function windowAllowed({ window, asker, ask }: Matter, role: Role): Check {
  const { max } = termsOf(role, asker.kind, ask).window
  return window >= shortestWindow && window <= max
    ? pass('window', `A window of ${formatDuration(window)}; the longest is ${formatDuration(max)}.`)
    : fail(
        'window',
        `A window of ${formatDuration(window)} is outside what this role allows.`,
        `Ask for ${formatDuration(shortestWindow)} to ${formatDuration(max)}.`,
      )
}

export function regionsAllowed({ ask, agreed, target }: Matter): Check {
  const enabled = target?.regions ?? []
  const asked = agreed?.regions ?? ask.regions ?? enabled
  const strange = asked.filter((region) => !enabled.includes(region))
  return asked.length > 0 && strange.length === 0
    ? pass('regions', `In ${asked.join(', ')}.`)
    : fail(
        'regions',
        strange.length > 0 ? `Not enabled in this account: ${strange.join(', ')}.` : 'No region is named.',
        `Choose from ${enabled.join(', ')}.`,
      )
}

export function rulesEvaluated(failures: readonly { readonly rule: string }[]): Check {
  return failures.length === 0
    ? pass('rules', 'Every approval rule could be evaluated.')
    : fail(
        'rules',
        `The approval rule ${failures.map(({ rule }) => rule).join(', ')} could not be evaluated, so it denies.`,
        'Tell the operator: its expression fails on a value that this ask or token lacks.',
      )
}

/** Whether the person behind a workload's run might be an approver without anybody noticing. */
function cannotBeTold({ kind, actor, issuer }: Located, { directories, unattended }: Catalog): boolean {
  if (kind === 'person') return false
  return actor === undefined ? !unattended.has(issuer) : !directories.has(directoryOf(actor))
}

/**
 * Whether anyone is left to approve, as far as that can be known: a requirement that only named subjects
 * can meet must have enough of them who are not the asker, and the person behind a run must be one who could
 * be told from them.
 */
export function approversExist({ asker, catalog }: Matter, rules: readonly ApprovalRule[]): Check {
  if (rules.length === 0) return pass('approvers', 'No approval is needed.')
  if (cannotBeTold(asker, catalog))
    return fail(
      'approvers',
      `This needs approval, and the person behind this run (${asker.actor ?? 'not named'}) cannot be told from the approvers.`,
      'The operator says under actors of the issuer who is behind its runs.',
    )
  const people = peopleOf(asker)
  const short = rules.find((rule) => {
    const subjects = subjectsOnly(rule.by)
    return subjects && [...subjects].filter((subject) => !people.includes(subject)).length < rule.votes
  })
  return short
    ? fail(
        'approvers',
        `Nobody can approve this: ${short.name} needs ${short.votes} of ${describe(short.by)}, and nobody approves their own ask.`,
        'Somebody else must ask, or the operator must name more approvers.',
      )
    : pass('approvers', 'Somebody other than the asker must approve.')
}

import { parseArn } from '../arn.js'
import type { PolicyStatement, Principal } from '../document.js'
import { parseOperator } from '../operators.js'
import { covers } from './grants.js'
import type { Hit, Rule, Unit } from './rule.js'

/** Keys by which a statement says who may come in, whatever its principal is (IAM user guide, global keys). */
const whoKeys = /^aws:(principal(arn|account|orgid|orgpaths)|source(arn|account|orgid|orgpaths)|userid)$/i

/**
 * The condition keys of a statement that a request must satisfy with one of the values that count as some: not the
 * ones that an absent key satisfies too.
 */
const demanded = (
  { conditions = {} }: PolicyStatement,
  isSome: (value: string) => boolean = (value) => !/^\*+$/.test(value),
): readonly string[] =>
  Object.entries(conditions).flatMap(([operator, keys]) => {
    const { negated = true, ifExists = true, qualifier, type } = parseOperator(operator) ?? {}
    if (negated || ifExists || qualifier === 'ForAllValues' || type === 'null') return []
    return Object.entries(keys)
      .filter(([, values]) => values.every(isSome))
      .map(([key]) => key.toLowerCase())
  })

/** Every principal that a trust policy lets in, with its statement. */
function* trusted(unit: Unit): Generator<readonly [PolicyStatement, Principal]> {
  if (unit.kind !== 'trust') return
  for (const statement of unit.statements)
    if (statement.effect === 'Allow' && entering.some((action) => covers(statement.actions, action)))
      for (const principal of statement.principals?.list ?? []) yield [statement, principal]
}

const entering = ['sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity']

const at = ({ at }: PolicyStatement): string => `${at}/Principal`

const accountOf = (id: string): string | undefined =>
  /^\d{12}$/.test(id) ? id : /^\d{12}$/.exec(parseArn(id)?.account ?? '')?.[0]

const isWhole = (id: string): boolean => /^(\d{12}|arn:[^:]*:iam::\d{12}:root)$/.test(id)

function* everybody(unit: Unit): Generator<Hit> {
  for (const [statement, { type, id }] of trusted(unit))
    if (type === 'AWS' && id === '*' && !demanded(statement).some((key) => whoKeys.test(key)))
      yield {
        at: at(statement),
        detail:
          'Anybody in any AWS account may assume this role. Name the principals, or demand aws:PrincipalOrgID or aws:PrincipalArn.',
      }
}

function* wholeAccount(unit: Unit): Generator<Hit> {
  for (const [statement, { type, id }] of trusted(unit))
    if (type === 'AWS' && isWhole(id) && !demanded(statement).includes('aws:principalarn'))
      yield {
        at: at(statement),
        detail: `${id} stands for the whole account: whoever is given sts:AssumeRole there gets in. Name the role that needs it.`,
      }
}

function* externalId(unit: Unit): Generator<Hit> {
  for (const [statement, { type, id }] of trusted(unit)) {
    const account = type === 'AWS' ? accountOf(id) : undefined
    if (account === undefined || unit.own.has(account)) continue
    const keys = demanded(statement)
    if (!covers(statement.actions, 'sts:AssumeRole') || keys.includes('sts:externalid')) continue
    if (keys.includes('aws:principalorgid')) continue
    yield {
      at: at(statement),
      detail: `${account} is not known to be an account of your own, and no sts:ExternalId is demanded: its owner can be tricked into assuming this role for others. Demand an external id, or name the account as your own.`,
    }
  }
}

/** Who signs in through an issuer is in the `sub` of its tokens (and in `job_workflow_ref` and the like). */
function* federated(unit: Unit): Generator<Hit> {
  for (const [statement, { type, id }] of trusted(unit)) {
    if (type !== 'Federated' || !covers(statement.actions, 'sts:AssumeRoleWithWebIdentity')) continue
    const said = demanded(statement, (value) => !/^(repo:)?\*/.test(value)).some((key) =>
      /:(sub|amr|email|repository|job_workflow_ref|oaud)$/.test(key),
    )
    if (!said)
      yield {
        at: at(statement),
        detail: `Whoever ${id} has a token for gets in, other companies' people too. Demand the subject (the key that ends in :sub).`,
      }
  }
}

export const trust: readonly Rule[] = [
  { code: 'trust-everybody', level: 'error', title: 'anybody may assume the role', check: everybody },
  { code: 'trust-whole-account', level: 'warn', title: 'a whole account is trusted', check: wholeAccount },
  {
    code: 'trust-no-external-id',
    level: 'warn',
    title: 'another account is trusted without an external id',
    check: externalId,
  },
  {
    code: 'trust-any-subject',
    level: 'error',
    title: 'an OIDC issuer is trusted for all of its subjects',
    check: federated,
  },
]

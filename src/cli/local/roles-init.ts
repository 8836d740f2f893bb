import { brokerPolicy, setUp } from '../../catalog/set-up.js'
import type { Role, Target } from '../../catalog/catalog.js'
import type { Revoker } from '../../catalog/revoking.js'
import type { Environment } from '../../config/environment.js'
import { loadConfig } from '../../config/load.js'
import { Fault } from '../../fault.js'
import { parseArn, type Arn } from '../../iam/arn.js'
import { failure, type Answer } from '../answer.js'
import type { SetUpFormat } from './choices.js'
import { pickRole } from './pick-role.js'
import { revokerCloudFormation, revokerJson, revokerTerraform } from './revoker-text.js'
import {
  brokerCloudFormation,
  brokerJson,
  brokerTerraform,
  roleCloudFormation,
  roleJson,
  roleTerraform,
  type Principal,
} from './set-up-text.js'

export interface InitOptions {
  /** ARN of the principal that Stint runs under. */
  readonly broker: string
  /** Which of the role's accounts, where it has more than one. */
  readonly account?: string
  readonly format: SetUpFormat
  /** Print the role that revokes in that account, once for all roles there. */
  readonly revoker?: true
}

/**
 * `stint roles init`: prints what an account needs for a role, or without one what the broker itself needs
 * for all of them. `name` is how the file is called in the faults.
 */
export function rolesInit(
  name: string,
  source: { readonly file: string; readonly env: Environment },
  role: string | undefined,
  options: InitOptions,
): Answer {
  try {
    const { catalog, iam } = loadConfig(source)
    const principal = readBroker(options.broker)
    const broker = brokerPolicy(catalog.roles.values(), iam.revoker)
    if (role === undefined) return { exit: 0, out: printBroker(broker, principal, options.format), err: '' }

    const found = pickRole(catalog, role)
    const target = targetOf(found, options.account)
    const { partition, account } = parseArn(target.arn) as Arn
    if (partition !== principal.partition)
      throw wrong(`The broker is in the partition ${principal.partition}, and the role in ${partition}.`)
    if (options.revoker) return { exit: 0, out: printRevoker(found, target, options, iam.revoker), err: '' }
    const printed = { name: role, setUp: setUp(found, target, options.broker, iam.revoker) }
    const out =
      options.format === 'json'
        ? roleJson(printed, broker)
        : options.format === 'terraform'
          ? roleTerraform(printed)
          : roleCloudFormation(printed)
    const foreign = account !== principal.account && found.externalId === undefined
    return { exit: 0, out, err: foreign ? foreignBroker(role) : '' }
  } catch (error) {
    return failure(error, name)
  }
}

/** The revoker itself is there before any role's template adds to it what it may do on that role. */
function printRevoker(
  role: Role,
  target: Target,
  options: InitOptions,
  revoker: Revoker | undefined,
): string {
  const { revoking } = setUp(role, target, options.broker, revoker)
  if (!revoking) throw wrong(`${role.name} has no revoke in its entry: nothing is denied on it.`)
  if (!revoking.revoker)
    throw wrong('There is no revoking.assume in the configuration: Stint revokes under its own principal.')
  if (options.format === 'json') return revokerJson(revoking.revoker)
  return options.format === 'terraform'
    ? revokerTerraform(revoking.revoker)
    : revokerCloudFormation(revoking.revoker, target.account)
}

function printBroker(
  broker: ReturnType<typeof brokerPolicy>,
  principal: Principal,
  format: SetUpFormat,
): string {
  if (format === 'json') return brokerJson(broker)
  return format === 'terraform' ? brokerTerraform(broker, principal) : brokerCloudFormation(broker, principal)
}

const foreignBroker = (role: string): string =>
  `The broker is in another account. If that account is not your own, give ${role} an externalId in the configuration first.\n`

/** A role or a user: the account's root would let everybody in that account in. */
function readBroker(text: string): Principal & Pick<Arn, 'partition' | 'account'> {
  const arn = parseArn(text)
  const [, kind, name] =
    /^(role|user)\/(?:[\x21-\x7e]+\/)?([\w+=,.@-]{1,64})$/.exec(arn?.resource ?? '') ?? []
  if (!arn || arn.service !== 'iam' || arn.region !== '' || !/^[0-9]{12}$/.test(arn.account))
    throw wrong(
      `${text} is not the ARN of an IAM role or user, such as arn:aws:iam::999999999999:role/stint.`,
    )
  if (kind === undefined || name === undefined || /[*?]/.test(text))
    throw wrong(
      `${text} names no single role or user: name the one that Stint runs under, for everybody else in the account would be trusted too.`,
    )
  return { kind: kind === 'role' ? 'role' : 'user', name, partition: arn.partition, account: arn.account }
}

function targetOf({ name, targets }: Role, account: string | undefined): Target {
  const [first] = targets.values()
  const target = account === undefined && targets.size === 1 ? first : targets.get(account ?? '')
  if (target) return target
  const accounts = [...targets.keys()].join(', ')
  throw wrong(
    account === undefined
      ? `${name} is in several accounts: choose one with --account. There are ${accounts}.`
      : `${name} is not in account ${account}; it is in ${accounts}.`,
  )
}

const wrong = (detail: string) => new Fault('invalid_request', detail)

import type { FaultCode } from '../fault.js'

interface Facts {
  readonly name: string
  /** As AWS wrote it. Searched for words that are known, and never shown: it has the broker's ARN in it. */
  readonly message: string
  readonly region: string
}

/** AWS names the action that it refused, though not which of the two policies refused it. */
const refusedAction = (message: string) =>
  /perform: (sts:(?:AssumeRole|TagSession|SetSourceIdentity))\b/.exec(message)?.[1] ?? 'sts:AssumeRole'

/** `... at 'roleSessionName' failed to satisfy constraint ...`. */
const wrongParameter = (message: string) =>
  /at '(roleArn|roleSessionName|sourceIdentity|externalId|durationSeconds|policy|tags)\b/.exec(message)?.[1]

function rejected({ name, message }: Facts): string {
  if (name === 'MalformedPolicyDocument') {
    return 'AWS could not read the session policy made from this role’s ceiling: an action, resource or condition in it is not valid IAM. Mend the ceiling.'
  }
  if (/role chaining/i.test(message)) {
    return 'AWS refused the lifetime: a broker that runs under a role itself may give sessions of one hour at most. Lower the role’s lifetime to 1h.'
  }
  if (/MaxSessionDuration/.test(message)) {
    return 'AWS refused the lifetime: it is longer than the IAM role’s MaxSessionDuration. Lower the lifetime in the catalogue, or raise MaxSessionDuration on the role.'
  }
  const parameter = wrongParameter(message)
  if (parameter) {
    return `AWS did not accept the ${parameter} of the call. Check the role’s entry in the catalogue.`
  }
  return 'AWS did not accept the call as it was made. Check the role’s entry in the catalogue: its ARN, external id, lifetime and ceiling.'
}

function denied({ message }: Facts): string {
  const action = refusedAction(message)
  const hint =
    action === 'sts:AssumeRole'
      ? ' Check the external id as well, and that the role exists: AWS says the same then.'
      : ''
  return `AWS refused ${action}. Both must allow it: the trust policy of the IAM role, and the policy of the identity that Stint runs under.${hint}`
}

/** The sentence of an STS fault: what failed, and what mends it, with nothing of AWS's own text in it. */
export function sentence(code: FaultCode, facts: Facts): string {
  switch (code) {
    case 'sts_denied':
      return denied(facts)
    case 'sts_rejected':
      return rejected(facts)
    case 'sts_policy_too_large':
      return 'The session policy, with its tags, is larger than AWS takes (2,048 characters, and 100 % of a packed limit). Ask for fewer actions and resources, or shorten the role’s ceiling.'
    case 'sts_region_disabled':
      return `STS is not activated in ${facts.region} for the account. Activate it there under IAM, Account settings, or let the role use another region first.`
    case 'sts_broker_credentials':
      return 'AWS could not be called with Stint’s own credentials: they are missing, expired or wrong, or its clock is. An operator must renew them, and check the region and endpoint of STS.'
    case 'sts_throttled':
      return 'AWS is throttling STS calls of this account (600 a second in each region). Try again in a moment.'
    default:
      return `STS in ${facts.region} gave no usable answer. Try again; if it goes on, an operator must check the way to it: network, proxy, endpoint.`
  }
}

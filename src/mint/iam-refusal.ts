import type { Denied, DenyFault, DenyOrder } from '../grant/deny.js'

/** What IAM calls its errors, without the `Exception` that the SDK adds to some of them. */
const codes: ReadonlyMap<string, DenyFault> = new Map<string, DenyFault>(
  Object.entries({
    AccessDenied: 'iam_denied',
    ExpiredToken: 'iam_denied',
    InvalidClientTokenId: 'iam_denied',
    SignatureDoesNotMatch: 'iam_denied',
    CredentialsProviderError: 'iam_denied',
    Throttling: 'iam_throttled',
    TooManyRequests: 'iam_throttled',
    RequestLimitExceeded: 'iam_throttled',
    NoSuchEntity: 'iam_no_role',
    LimitExceeded: 'iam_no_room',
    MalformedPolicyDocument: 'iam_rejected',
    InvalidInput: 'iam_rejected',
    ValidationError: 'iam_rejected',
    UnmodifiableEntity: 'iam_rejected',
  }),
)

const sentences: Readonly<Record<DenyFault, (order: DenyOrder) => string>> = {
  iam_denied: ({ how }) =>
    `AWS refused the call. Whoever revokes must be allowed ${how === 'inline' ? 'iam:ListRolePolicies, iam:GetRolePolicy, iam:PutRolePolicy and iam:DeleteRolePolicy' : 'iam:AttachRolePolicy and iam:DetachRolePolicy'} on the role, and the role must have the permissions boundary that this is bound to: stint roles init prints both.`,
  iam_throttled: () => 'AWS is throttling IAM calls of the account. It is tried again.',
  iam_unreachable: () =>
    'IAM gave no usable answer. It is tried again; if it goes on, look at the way to it: network, proxy, endpoint.',
  iam_no_role: () => 'There is no such role in AWS.',
  iam_no_room: () =>
    'The inline policies of the role leave too little of 10,240 characters, or it has as many managed policies as it may. Make room.',
  iam_rejected: () => 'AWS did not take the policy as it was written, or does not let the role be changed.',
}

/** What an error of IAM comes to, with nothing of AWS's own text in it. Goes by `name`, as the mint does. */
export function iamRefusal(error: unknown, order: DenyOrder): Denied {
  const name = error instanceof Error ? error.name.replace(/Exception$/, '') : ''
  const fault = codes.get(name) ?? 'iam_unreachable'
  return { ok: false, fault, detail: sentences[fault](order) }
}

import type { Fault } from '../fault.js'
import type { Duration, Instant } from '../time.js'

/** One AssumeRole, as Stint wants it made. */
export interface Order {
  readonly roleArn: string
  /** STS's alphabet and length hold already (`awsName`). */
  readonly sessionName: string
  readonly sourceIdentity: string
  readonly externalId?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly durationSeconds: number
  /** Session policy, JSON. */
  readonly policy: string
  /** Managed policies of the role's account: the session may do what any of them or `policy` allows. */
  readonly policyArns?: readonly string[]
  /** The region whose STS endpoint is called. */
  readonly region: string
}

/** Credentials: they live in memory, in the one request that returns them, and nowhere else. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: Instant
}

interface Attempted {
  readonly attempts: number
  readonly requestId?: string
}

export type Minted =
  | (Attempted & {
      readonly ok: true
      readonly credentials: Credentials
      readonly assumedRoleId: string
      readonly packedPolicySize?: number
    })
  | (Attempted & {
      readonly ok: false
      readonly fault: Fault
      /** False when a session may exist all the same: the answer to a call that was sent never came. */
      readonly certain: boolean
    })

/** The port to AWS. */
export interface Mint {
  /** Never throws: a failure is a value, with the fault that says what to mend. */
  assume(order: Order): Promise<Minted>
  /** The longest session that AWS would give this broker: an hour when it runs under a role itself. */
  longest(): Promise<Duration | undefined>
  /** How STS answered last, for `/readyz`; undefined before the first call. */
  lastSeen(): { readonly at: Instant; readonly ok: boolean; readonly detail: string } | undefined
}

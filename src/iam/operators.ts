/** What the values of an operator are, which decides how they are written and compared. */
export type ValueType =
  'string' | 'pattern' | 'arn' | 'date' | 'number' | 'boolean' | 'address' | 'binary' | 'null'

type Comparison = 'equals' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual'

/** What an operator asks of one value of the request and one of the policy, before it is negated. */
export interface Operator {
  readonly type: ValueType
  readonly comparison: Comparison
  readonly negated: boolean
  /** Without regard to case; only where strings are compared so. */
  readonly fold: boolean
}

/** An operator as it stands in a policy: with its set qualifier, and whether an absent key satisfies it. */
export interface ParsedOperator extends Operator {
  readonly name: string
  readonly qualifier?: 'ForAllValues' | 'ForAnyValue'
  readonly ifExists: boolean
}

const one = (type: ValueType, comparison: Comparison = 'equals', fold = false): Operator => ({
  type,
  comparison,
  negated: false,
  fold,
})
const not = (operator: Operator): Operator => ({ ...operator, negated: true })

/** IAM user guide, "IAM JSON policy elements: Condition operators". */
const operators: Readonly<Record<string, Operator>> = {
  StringEquals: one('string'),
  StringNotEquals: not(one('string')),
  StringEqualsIgnoreCase: one('string', 'equals', true),
  StringNotEqualsIgnoreCase: not(one('string', 'equals', true)),
  StringLike: one('pattern'),
  StringNotLike: not(one('pattern')),
  NumericEquals: one('number'),
  NumericNotEquals: not(one('number')),
  NumericLessThan: one('number', 'less'),
  NumericLessThanEquals: one('number', 'lessOrEqual'),
  NumericGreaterThan: one('number', 'greater'),
  NumericGreaterThanEquals: one('number', 'greaterOrEqual'),
  DateEquals: one('date'),
  DateNotEquals: not(one('date')),
  DateLessThan: one('date', 'less'),
  DateLessThanEquals: one('date', 'lessOrEqual'),
  DateGreaterThan: one('date', 'greater'),
  DateGreaterThanEquals: one('date', 'greaterOrEqual'),
  Bool: one('boolean'),
  BinaryEquals: one('binary'),
  IpAddress: one('address'),
  NotIpAddress: not(one('address')),
  ArnEquals: one('arn'),
  ArnLike: one('arn'),
  ArnNotEquals: not(one('arn')),
  ArnNotLike: not(one('arn')),
  Null: one('null'),
}

export const operatorNames: readonly string[] = Object.keys(operators)

/** Every operator in each form that IAM takes: a table, since conditions are read for every session. */
const forms: ReadonlyMap<string, ParsedOperator> = new Map(
  Object.entries(operators).flatMap(([name, operator]) =>
    ([undefined, 'ForAllValues', 'ForAnyValue'] as const).flatMap((qualifier) =>
      [false, true].flatMap((ifExists) => {
        // Whether a key is there is all that Null asks, so neither makes sense of it.
        if (name === 'Null' && (qualifier !== undefined || ifExists)) return []
        const text = `${qualifier === undefined ? '' : `${qualifier}:`}${name}${ifExists ? 'IfExists' : ''}`
        return [[text, { ...operator, name, ...(qualifier && { qualifier }), ifExists }] as const]
      }),
    ),
  ),
)

/** Reads `ForAllValues:StringLikeIfExists`; undefined where IAM has no such operator. */
export const parseOperator = (text: string): ParsedOperator | undefined => forms.get(text)

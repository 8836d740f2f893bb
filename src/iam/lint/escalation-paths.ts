/** A known way to get at rights that a policy does not itself give. */
export interface EscalationPath {
  readonly id: string
  /** Ends the sentence "whoever has these can ...". */
  readonly can: string
  /** Actions that must all be allowed, on whatever resource. */
  readonly needs: readonly string[]
  /**
   * Actions that must be allowed as well, and on more than what is named one by one: to act on one named
   * thing is a choice that somebody has made.
   */
  readonly wide?: readonly string[]
  /** The service that must be handed a role: `iam:PassRole` is needed too, wide, and not for other services only. */
  readonly passes?: string
  /** Where it is described. */
  readonly link: string
}

/** R1 to R28 by the numbers of github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation. */
const rhino = 'https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/'
const pathfinding = 'https://pathfinding.cloud/'

const own = (
  id: string,
  can: string,
  needs: readonly string[],
  wide: readonly string[] = [],
  link = pathfinding,
): EscalationPath => ({ id, can, needs, ...(wide.length > 0 && { wide }), link })

const passing = (
  id: string,
  passes: string,
  needs: readonly string[],
  link = pathfinding,
): EscalationPath => ({
  id,
  can: 'have work of their own done with a role that they pass on',
  needs,
  passes,
  link,
})

const taking = (id: string, wide: readonly string[], link = pathfinding): EscalationPath => ({
  id,
  can: 'act with the roles of whatever is there already',
  needs: [],
  wide,
  link,
})

const widen = 'give themselves any right'
const become = 'sign in as others'
const withRole = 'get into roles that are not meant for them'

/**
 * Paths that change who may do what, or hand a new thing a role. R23 is not among them: AWS documents no
 * codestar:CreateProjectFromTemplate any more.
 */
export const newRights: readonly EscalationPath[] = [
  own('create-policy-version', widen, ['iam:CreatePolicyVersion'], [], rhino), // R1
  own('set-default-policy-version', widen, ['iam:SetDefaultPolicyVersion'], [], rhino), // R2
  passing('ec2-run', 'ec2.amazonaws.com', ['ec2:RunInstances'], rhino), // R3
  own('create-access-key', become, [], ['iam:CreateAccessKey'], rhino), // R4
  own('create-login-profile', become, [], ['iam:CreateLoginProfile'], rhino), // R5
  own('update-login-profile', become, [], ['iam:UpdateLoginProfile'], rhino), // R6
  own('attach-user-policy', widen, ['iam:AttachUserPolicy'], [], rhino), // R7
  own('attach-group-policy', widen, ['iam:AttachGroupPolicy'], [], rhino), // R8
  own('attach-role-policy', widen, ['iam:AttachRolePolicy'], [], rhino), // R9
  own('put-user-policy', widen, ['iam:PutUserPolicy'], [], rhino), // R10
  own('put-group-policy', widen, ['iam:PutGroupPolicy'], [], rhino), // R11
  own('put-role-policy', widen, ['iam:PutRolePolicy'], [], rhino), // R12
  own('add-user-to-group', widen, [], ['iam:AddUserToGroup'], rhino), // R13
  own('update-assume-role-policy', withRole, [], ['iam:UpdateAssumeRolePolicy'], rhino), // R14
  passing('lambda-invoke', 'lambda.amazonaws.com', ['lambda:CreateFunction', 'lambda:InvokeFunction'], rhino), // R15
  passing(
    'lambda-event-source',
    'lambda.amazonaws.com',
    ['lambda:CreateFunction', 'lambda:CreateEventSourceMapping'],
    rhino,
  ), // R17
  passing(
    'lambda-permission',
    'lambda.amazonaws.com',
    ['lambda:CreateFunction', 'lambda:AddPermission'],
    rhino,
  ), // R16
  passing('glue-dev-endpoint', 'glue.amazonaws.com', ['glue:CreateDevEndpoint'], rhino), // R19
  passing('cloudformation-stack', 'cloudformation.amazonaws.com', ['cloudformation:CreateStack'], rhino), // R21
  passing(
    'data-pipeline',
    'datapipeline.amazonaws.com',
    ['datapipeline:CreatePipeline', 'datapipeline:PutPipelineDefinition', 'datapipeline:ActivatePipeline'],
    rhino,
  ), // R22
  passing('codestar-project', 'codestar.amazonaws.com', ['codestar:CreateProject'], rhino), // R24
  own('codestar-team', widen, ['codestar:CreateProject', 'codestar:AssociateTeamMember'], [], rhino), // R25
  passing(
    'sagemaker-notebook',
    'sagemaker.amazonaws.com',
    ['sagemaker:CreateNotebookInstance', 'sagemaker:CreatePresignedNotebookInstanceUrl'],
    rhino,
  ), // R27

  own('delete-role-boundary', widen, ['iam:DeleteRolePermissionsBoundary']),
  own('delete-user-boundary', widen, ['iam:DeleteUserPermissionsBoundary']),
  own('update-saml-provider', become, ['iam:UpdateSAMLProvider']),
  own('assign-account', widen, ['sso:CreateAccountAssignment']),
  own('put-permission-set', widen, ['sso:PutInlinePolicyToPermissionSet', 'sso:ProvisionPermissionSet']),
  own('attach-permission-set', widen, [
    'sso:AttachManagedPolicyToPermissionSet',
    'sso:ProvisionPermissionSet',
  ]),

  passing('ec2-spot', 'ec2.amazonaws.com', ['ec2:RequestSpotInstances']),
  passing('ec2-profile', 'ec2.amazonaws.com', ['ec2:AssociateIamInstanceProfile']),
  passing('ec2-replace-profile', 'ec2.amazonaws.com', ['ec2:ReplaceIamInstanceProfileAssociation']),
  passing('spot-fleet', 'spotfleet.amazonaws.com', ['ec2:RequestSpotFleet']),
  passing('auto-scaling', 'ec2.amazonaws.com', [
    'autoscaling:CreateLaunchConfiguration',
    'autoscaling:CreateAutoScalingGroup',
  ]),
  passing('auto-scaling-template', 'ec2.amazonaws.com', [
    'ec2:CreateLaunchTemplate',
    'autoscaling:CreateAutoScalingGroup',
  ]),
  passing('glue-job', 'glue.amazonaws.com', ['glue:CreateJob', 'glue:StartJobRun']),
  passing('glue-trigger', 'glue.amazonaws.com', ['glue:CreateJob', 'glue:CreateTrigger']),
  passing('glue-session', 'glue.amazonaws.com', ['glue:CreateSession', 'glue:RunStatement']),
  passing('glue-update-job', 'glue.amazonaws.com', ['glue:UpdateJob', 'glue:StartJobRun']),
  passing('cloudformation-update', 'cloudformation.amazonaws.com', ['cloudformation:UpdateStack']),
  passing('cloudformation-change-set', 'cloudformation.amazonaws.com', [
    'cloudformation:CreateChangeSet',
    'cloudformation:ExecuteChangeSet',
  ]),
  passing('cloudformation-stack-set', 'cloudformation.amazonaws.com', [
    'cloudformation:CreateStackSet',
    'cloudformation:CreateStackInstances',
  ]),
  passing('sagemaker-training', 'sagemaker.amazonaws.com', ['sagemaker:CreateTrainingJob']),
  passing('sagemaker-processing', 'sagemaker.amazonaws.com', ['sagemaker:CreateProcessingJob']),
  passing('codebuild-project', 'codebuild.amazonaws.com', [
    'codebuild:CreateProject',
    'codebuild:StartBuild',
  ]),
  passing('codebuild-batch', 'codebuild.amazonaws.com', [
    'codebuild:CreateProject',
    'codebuild:StartBuildBatch',
  ]),
  passing('codepipeline', 'codepipeline.amazonaws.com', ['codepipeline:CreatePipeline']),
  passing('ecs-run', 'ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:RunTask']),
  passing('ecs-start', 'ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:StartTask']),
  passing('ecs-service', 'ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:CreateService']),
  passing('ecs-update', 'ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:UpdateService']),
  passing('batch-job', 'ecs-tasks.amazonaws.com', ['batch:RegisterJobDefinition', 'batch:SubmitJob']),
  passing('app-runner', 'tasks.apprunner.amazonaws.com', ['apprunner:CreateService']),
  passing('step-functions', 'states.amazonaws.com', ['states:CreateStateMachine', 'states:StartExecution']),
  passing('ssm-automation', 'ssm.amazonaws.com', ['ssm:StartAutomationExecution']),
  passing('scheduler', 'scheduler.amazonaws.com', ['scheduler:CreateSchedule']),
  passing('event-rule', 'events.amazonaws.com', ['events:PutRule', 'events:PutTargets']),
  passing('emr', 'ec2.amazonaws.com', ['elasticmapreduce:RunJobFlow']),
  passing('emr-serverless', 'emr-serverless.amazonaws.com', [
    'emr-serverless:CreateApplication',
    'emr-serverless:StartJobRun',
  ]),
  passing('amplify', 'amplify.amazonaws.com', ['amplify:CreateApp']),
  passing('kinesis-analytics', 'kinesisanalytics.amazonaws.com', [
    'kinesisanalytics:CreateApplication',
    'kinesisanalytics:StartApplication',
  ]),
  passing('agent-core', 'bedrock-agentcore.amazonaws.com', [
    'bedrock-agentcore:CreateCodeInterpreter',
    'bedrock-agentcore:StartCodeInterpreterSession',
    'bedrock-agentcore:InvokeCodeInterpreter',
  ]),
  passing('braket', 'braket.amazonaws.com', ['braket:CreateJob']),
  passing('omics', 'omics.amazonaws.com', ['omics:StartRun']),
  passing('identity-pool', 'cognito-identity.amazonaws.com', ['cognito-identity:SetIdentityPoolRoles']),
]

/** Paths through the roles of what runs already. */
export const takenRoles: readonly EscalationPath[] = [
  taking('lambda-code', ['lambda:UpdateFunctionCode'], rhino), // R18
  taking('glue-update-endpoint', ['glue:UpdateDevEndpoint'], rhino), // R20
  taking('lambda-layer', ['lambda:UpdateFunctionConfiguration'], rhino), // R26
  taking('sagemaker-url', ['sagemaker:CreatePresignedNotebookInstanceUrl'], rhino), // R28
  taking('stack-update', ['cloudformation:UpdateStack']),
  taking('stack-change-set', ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet']),
  taking('codebuild-start', ['codebuild:StartBuild']),
  taking('codebuild-start-batch', ['codebuild:StartBuildBatch']),
  taking('codedeploy', ['codedeploy:CreateDeployment']),
  taking('ec2-user-data', ['ec2:ModifyInstanceAttribute', 'ec2:StopInstances', 'ec2:StartInstances']),
  taking('launch-template', ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate']),
  taking('instance-connect', ['ec2-instance-connect:SendSSHPublicKey']),
  taking('ssm-session', ['ssm:StartSession']),
  taking('ssm-command', ['ssm:SendCommand']),
  taking('ecs-exec', ['ecs:ExecuteCommand']),
  taking('app-runner-update', ['apprunner:UpdateService']),
  taking('state-machine-update', ['states:UpdateStateMachine']),
  taking('agent-core-session', [
    'bedrock-agentcore:StartCodeInterpreterSession',
    'bedrock-agentcore:InvokeCodeInterpreter',
  ]),
]

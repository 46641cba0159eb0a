/**
 * The types of the REST API, from its OpenAPI document.
 *
 * `jlpm generate` makes `schema.d.ts` from that document.
 */
import type { components, operations } from './schema';

type Schemas = components['schemas'];

export type Answer = Schemas['Answer'];
export type Asset = Schemas['Asset'];
export type AssetContent = Schemas['AssetContent'];
export type CapturedFunction = Schemas['CapturedFunction'];
export type ChallengeResult = Schemas['ChallengeResult'];
export type ChallengeRun = Schemas['ChallengeRun'];
export type ChallengeView = Schemas['ChallengeView'];
export type CheckReport = Schemas['CheckReport'];
export type CheckRun = Schemas['CheckRun'];
export type CheckView = Schemas['CheckView'];
export type CleanupReport = Schemas['Clearing'];
export type Deployment = Schemas['Deployment'];
export type DeploymentLog = Schemas['DeploymentLog'];
export type DeploymentProblem = Schemas['DeploymentProblem'];
export type DeploymentRun = Schemas['DeploymentRun'];
export type DeploymentView = Schemas['DeploymentView'];
export type DiffView = Schemas['DiffView'];
export type EngineChoices = Schemas['EngineChoices'];
export type EngineState = Schemas['EngineState'];
export type EnvironmentRow = Schemas['EnvironmentRow'];
export type EnvironmentView = Schemas['EnvironmentView'];
export type ErrorGroup = Schemas['ErrorGroup'];
export type Example = Schemas['Example'];
export type ExampleCopy = Schemas['ExampleCopy'];
export type ExampleList = Schemas['ExampleList'];
export type GitState = Schemas['GitState'];
export type GuessedRole = Schemas['GuessedRole'];
export type Imported = Schemas['Imported'];
export type InferredRequirements = Schemas['InferredRequirements'];
export type InstalledSchedule = Schemas['InstalledSchedule'];
export type InstalledKernel = Schemas['InstalledKernel'];
export type JobComparison = Schemas['JobComparison'];
export type FailureReport = Schemas['FailureReport'];
export type ResourceUsage = Schemas['ResourceUsage'];
export type JobDetail = Schemas['JobDetail'];
export type JobRecord = Schemas['JobRecord'];
export type JobSummary = Schemas['JobLine'];
export type JobsUsage = Schemas['JobsUsage'];
export type Exported = Schemas['Exported'];
export type FailedRequest = Schemas['FailedRequest'];
export type FailedRequests = Schemas['FailedRequests'];
export type Finding = Schemas['Finding'];
export type FormField = Schemas['FormField'];
export type KeptCheck = Schemas['KeptCheck'];
export type KernelCode = Schemas['KernelCode'];
export type KernelLists = Schemas['KernelLists'];
export type KernelRecord = Schemas['KernelRecord'];
export type Load = Schemas['Load'];
export type LineageView = Schemas['LineageView'];
export type LoadSecond = Schemas['LoadSecond'];
export type LogPart = Schemas['LogPart'];
export type ModelDetail = Schemas['ModelDetail'];
export type ModelDiff = Schemas['ModelDiff'];
export type ModelSummary = Schemas['ModelLine'];
export type Preview = Schemas['Preview'];
export type Progress = Schemas['Progress'];
export type Proof = Schemas['Proof'];
export type RecordError = Schemas['RecordError'];
export type RecordSearch = Schemas['RecordSearch'];
export type Registration = Schemas['Registration'];
export type Remedy = Schemas['Remedy'];
export type RequirementsReport = Schemas['RequirementsReport'];
export type ResultView = Schemas['ResultView'];
export type RoleLabel = Schemas['RoleLine'];
export type RecordChange = Schemas['RecordChange'];
export type RecordForm = Schemas['RecordForm'];
export type ReplicaReport = Schemas['ReplicaReport'];
export type Sample = Schemas['Sample'];
export type ShadowReport = Schemas['ShadowReport'];
export type Snapshot = Schemas['SnapshotLine'];
export type TopicResult = Schemas['TopicResult'];
export type Upgrade = Schemas['Upgrade'];
export type ValueFile = Schemas['ValueFile'];
export type ValueQuery = Schemas['ValueQuery'];

export type AssetRole = RoleLabel['role'];
export type FunctionKind = keyof Schemas['EntryPoints'];
export type JobKind = JobRecord['kind'];

/** The body that submits a job; each kind of job has its own options. */
export type Submission = Body<'submit_job'>;

/** What the dialog of a new job asks for, which a magic line can say, too: its inputs are files and assets. */
export type JobRequest = Body<'write_line'>;

/** Two snapshots of a model, the records they get, and what is asked of them. */
export type ChallengeRequest = NonNullable<Body<'start_challenge'>>;

/** What a check scores: the inputs of a batch and of a metrics job. */
export type CheckRequest = NonNullable<Body<'start_check'>>;

/** What is deployed of a model, and how it answers requests. */
export type DeployRequest = NonNullable<Body<'start_deploying'>>;

/** In which format and where to a model is exported. */
export type ExportRequest = NonNullable<Body<'export_model'>>;

/** The body that registers a model. */
export type RegistrationRequest = Body<'register_model'>;

/** The body that previews a registration. */
export type PreviewRequest = Body<'preview_model'>;

/** The Python of a notebook's kernel, as the kernel tells it. */
export type KernelPython = NonNullable<RegistrationRequest['kernel']>;

/** The first records of a data frame of a kernel. */
export type KernelTable = NonNullable<NonNullable<Body<'model_sample'>>['tables']>[number];

type BatchRequest = Extract<JobRequest, { kind: 'batch' }>;
type MetricsRequest = Extract<JobRequest, { kind: 'metrics' }>;

/** The input of the new job dialog: the options of all kinds of job. */
export type JobDraft = Omit<BatchRequest, 'kind'> &
  Pick<MetricsRequest, 'reference' | 'expect' | 'against'> & { kind: JobKind };

/** One page of a list. */
export interface IPage<T> {
  readonly rows: readonly T[];
  readonly offset: number;
  readonly total: number;
}

/** The query parameters of an operation. */
export type Query<Name extends keyof operations> = NonNullable<
  operations[Name]['parameters']['query']
>;

type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody?: { content: { 'application/json': infer Content } };
}
  ? Content
  : never;

/** What jobs have in common that are removed together. */
export type JobFilter = NonNullable<
  operations['clear_jobs']['requestBody']['content']['application/json']['filter']
>;

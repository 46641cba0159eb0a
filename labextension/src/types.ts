/**
 * The nouns of our server, as its OpenAPI document describes them.
 *
 * `generated/api.d.ts` is made from that document (`jlpm generate`); nothing is declared twice.
 */
import type { components, operations } from './generated/api';

type Nouns = components['schemas'];

export type Asset = Nouns['Asset'];
export type AssetContent = Nouns['AssetContent'];
export type BuildStep = Nouns['BuildStep'];
export type Clearing = Nouns['Clearing'];
export type Counts = Nouns['Counts'];
export type EntryPoints = Nouns['EntryPoints'];
export type Environment = Nouns['Environment'];
export type EnvironmentRow = Nouns['EnvironmentRow'];
export type EnvironmentState = Nouns['EnvironmentState'];
export type EnvironmentView = Nouns['EnvironmentView'];
export type ErrorGroup = Nouns['ErrorGroup'];
export type FunctionLine = Nouns['FunctionLine'];
export type InferredRequirements = Nouns['InferredRequirements'];
export type InstalledKernel = Nouns['InstalledKernel'];
export type JobDetail = Nouns['JobDetail'];
export type JobKind = JobRecord['kind'];
export type JobLine = Nouns['JobLine'];
export type JobRecord = Nouns['JobRecord'];
export type JobsUsage = Nouns['JobsUsage'];
export type KernelLists = Nouns['KernelLists'];
export type LogPart = Nouns['LogPart'];
export type ModelDetail = Nouns['ModelDetail'];
export type ModelLine = Nouns['ModelLine'];
export type OverviewLine = Nouns['OverviewLine'];
export type Preview = Nouns['Preview'];
export type Progress = Nouns['Progress'];
export type Proof = Nouns['Proof'];
export type RecordError = Nouns['RecordError'];
export type Registration = Nouns['Registration'];
export type RequirementsReport = Nouns['RequirementsReport'];
export type ResultView = Nouns['ResultView'];
export type RoleLine = Nouns['RoleLine'];
export type SnapshotLine = Nouns['SnapshotLine'];
export type Upgrade = Nouns['Upgrade'];

/** What a new job asks for; each kind has options of its own. */
export type JobWish = Body<'submit_job'>;

type BatchWish = Extract<JobWish, { kind: 'batch' }>;
type MetricsWish = Extract<JobWish, { kind: 'metrics' }>;

/** A new job while it is being written: the options of every kind. */
export type JobDraft = Omit<BatchWish, 'kind'> & Pick<MetricsWish, 'reference'> & { kind: JobKind };

export type AssetRole = RoleLine['role'];

/** What a registration asks for. */
export type RegistrationWish = Body<'register_model'>;

/** One page of a longer list. */
export interface IPage<T> {
  readonly rows: readonly T[];
  readonly offset: number;
  readonly total: number;
}

type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody?: { content: { 'application/json': infer Given } };
}
  ? Given
  : never;

import type { ServerConnection } from '@jupyterlab/services';
import type { ICounts } from './changes';
import type { IRequest } from './request';
import { request } from './request';
import type {
  Asset,
  AssetContent,
  Clearing,
  EnvironmentRow,
  EnvironmentView,
  ErrorGroup,
  InferredRequirements,
  InstalledKernel,
  IPage,
  JobDetail,
  JobKind,
  JobLine,
  JobRecord,
  JobsUsage,
  JobWish,
  KernelLists,
  LogPart,
  ModelDetail,
  ModelLine,
  OverviewLine,
  Preview,
  Proof,
  RecordError,
  Registration,
  RegistrationWish,
  RequirementsReport,
  ResultView,
  RoleLine,
  SnapshotLine,
  Upgrade
} from './types';

/** Speaks to our server extension: a method for each operation. */
export class Client {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  overview(): Promise<OverviewLine> {
    return this._ask('overview');
  }

  changes(): Promise<ICounts> {
    return this._ask('changes');
  }

  /** What assets can be for; asked once, as the roles of a server do not change. */
  roles(): Promise<readonly RoleLine[]> {
    this._roles = this._roles ?? this._ask<RoleLine[]>('roles');
    this._roles.catch(() => (this._roles = null));
    return this._roles;
  }

  models(query: Client.IModelQuery = {}): Promise<IPage<ModelLine>> {
    return this._ask('models', { query: { ...query } });
  }

  model(ref: string): Promise<ModelDetail> {
    return this._ask(`models/${part(ref)}`);
  }

  preview(wish: RegistrationWish): Promise<Preview> {
    return this._ask('previews', { method: 'POST', body: wish });
  }

  register(wish: RegistrationWish): Promise<Registration> {
    return this._ask('models', { method: 'POST', body: wish });
  }

  removeModel(name: string): Promise<void> {
    return this._ask(`models/${part(name)}`, { method: 'DELETE' });
  }

  snapshots(name: string, query: Client.IPageQuery = {}): Promise<IPage<SnapshotLine>> {
    return this._ask(`models/${part(name)}/snapshots`, { query: { ...query } });
  }

  takeSnapshot(name: string, label = ''): Promise<SnapshotLine> {
    return this._ask(`models/${part(name)}/snapshots`, { method: 'POST', body: { label } });
  }

  addAsset(name: string, path: string, role: string | null = null): Promise<Registration> {
    const body = role === null ? { path } : { path, role };
    return this._ask(`models/${part(name)}/assets`, { method: 'POST', body });
  }

  setRole(name: string, asset: Asset, role: string): Promise<Registration> {
    const path = `models/${part(name)}/assets/${parts(asset.path)}`;
    return this._ask(path, { method: 'PATCH', body: { role } });
  }

  removeAsset(name: string, asset: Asset): Promise<Registration> {
    return this._ask(`models/${part(name)}/assets/${parts(asset.path)}`, { method: 'DELETE' });
  }

  content(ref: string, path: string): Promise<AssetContent> {
    return this._ask(`models/${part(ref)}/content/${parts(path)}`);
  }

  requirements(ref: string, check = false): Promise<RequirementsReport> {
    return this._ask(`models/${part(ref)}/requirements`, { query: { check } });
  }

  environment(ref: string): Promise<EnvironmentView> {
    return this._ask(`models/${part(ref)}/environment`);
  }

  /** Make requirements from what the source imports; `write` adds them to the model. */
  infer(name: string, write: boolean): Promise<InferredRequirements> {
    return this._ask(`models/${part(name)}/requirements`, { method: 'POST', body: { write } });
  }

  /** Resolve anew what is not pinned. */
  upgrade(name: string): Promise<Upgrade> {
    return this._ask(`models/${part(name)}/requirements/upgrade`, { method: 'POST', body: {} });
  }

  /** Begin to build an environment; its state tells how far it is. */
  buildEnvironment(ref: string, rebuild = false): Promise<EnvironmentView> {
    return this._ask(`models/${part(ref)}/environment`, { method: 'POST', body: { rebuild } });
  }

  /** Remove an environment; `force` also where another model uses it. */
  removeEnvironment(ref: string, force = false): Promise<void> {
    return this._ask(`models/${part(ref)}/environment`, { method: 'DELETE', query: { force } });
  }

  /** Keep an environment from being cleared away, or let it go. */
  pinEnvironment(ref: string, isPinned: boolean): Promise<void> {
    const method = isPinned ? 'PUT' : 'DELETE';
    const body = isPinned ? {} : undefined;
    return this._ask(`models/${part(ref)}/environment/pin`, { method, body });
  }

  /** Clear away what was not used for long, or only say what that would be. */
  clearEnvironments(isDry: boolean): Promise<Clearing> {
    return this._ask('environments/gc', { method: 'POST', body: { dry_run: isDry } });
  }

  prove(ref: string): Promise<{ model: string; proof: Proof }> {
    return this._ask(`models/${part(ref)}/environment/proof`, { method: 'POST', body: {} });
  }

  environments(): Promise<readonly EnvironmentRow[]> {
    return this._ask('environments');
  }

  kernels(): Promise<KernelLists> {
    return this._ask('kernels');
  }

  /** Install the kernel spec of a model; its `name` opens notebooks and consoles. */
  installKernel(ref: string): Promise<InstalledKernel> {
    return this._ask(`models/${part(ref)}/kernel`, { method: 'POST', body: {} });
  }

  uninstallKernel(ref: string): Promise<void> {
    return this._ask(`models/${part(ref)}/kernel`, { method: 'DELETE' });
  }

  jobs(query: Client.IJobQuery = {}): Promise<IPage<JobLine>> {
    return this._ask('jobs', { query: { ...query } });
  }

  submit(wish: JobWish): Promise<JobRecord> {
    return this._ask('jobs', { method: 'POST', body: wish });
  }

  /** The magic that does what `wish` asks for, as a notebook in `folder` would say it. */
  async line(wish: JobWish, folder = ''): Promise<string> {
    const body = folder ? { ...wish, folder } : wish;
    return (await this._ask<{ line: string }>('lines', { method: 'POST', body })).line;
  }

  job(id: string): Promise<JobDetail> {
    return this._ask(`jobs/${part(id)}`);
  }

  cancel(id: string): Promise<JobRecord> {
    return this._ask(`jobs/${part(id)}/cancel`, { method: 'POST', body: {} });
  }

  /** Remove a job with all that it holds. */
  removeJob(id: string): Promise<Clearing> {
    return this._ask(`jobs/${part(id)}`, { method: 'DELETE' });
  }

  /** Keep a job from being removed, or let it go. */
  pinJob(id: string, isPinned: boolean): Promise<void> {
    const method = isPinned ? 'PUT' : 'DELETE';
    return this._ask(`jobs/${part(id)}/pin`, { method, body: isPinned ? {} : undefined });
  }

  /** Remove old jobs and the oldest beyond the quota, or only say which those would be. */
  clearJobs(isDry: boolean): Promise<Clearing> {
    return this._ask('jobs/gc', { method: 'POST', body: { dry_run: isDry } });
  }

  /** What all jobs take on disk, and what they may. */
  jobsUsage(): Promise<JobsUsage> {
    return this._ask('jobs/usage');
  }

  /** Go on where a job stood, or score only its bad records again: a new job. */
  retry(id: string, failed: boolean): Promise<JobRecord> {
    return this._ask(`jobs/${part(id)}/retry`, { method: 'POST', body: { failed } });
  }

  /** Start a job over: a new one with all that was asked for. */
  rerun(id: string): Promise<JobRecord> {
    return this._ask(`jobs/${part(id)}/rerun`, { method: 'POST', body: {} });
  }

  errorGroups(id: string): Promise<readonly ErrorGroup[]> {
    return this._ask(`jobs/${part(id)}/errors/groups`);
  }

  jobDocument(id: string): Promise<Record<string, unknown>> {
    return this._ask(`jobs/${part(id)}/document`);
  }

  /** What a metrics function returned, as charts and tables. */
  views(id: string, query: Client.IPageQuery = {}): Promise<IPage<ResultView>> {
    return this._ask(`jobs/${part(id)}/views`, { query: { ...query } });
  }

  records(id: string, query: Client.IPageQuery): Promise<IPage<unknown>> {
    return this._ask(`jobs/${part(id)}/records`, { query: { ...query } });
  }

  errors(id: string, query: Client.IErrorQuery = {}): Promise<IPage<RecordError>> {
    return this._ask(`jobs/${part(id)}/errors`, { query: { ...query } });
  }

  log(id: string, cursor = '0-0'): Promise<LogPart> {
    return this._ask(`jobs/${part(id)}/log`, { query: { cursor } });
  }

  private _ask<T>(path: string, what: IRequest = {}): Promise<T> {
    return request<T>(path, this._settings, what);
  }

  private _roles: Promise<readonly RoleLine[]> | null = null;
}

export namespace Client {
  export interface IPageQuery {
    offset?: number;
    limit?: number;
  }

  export interface IModelQuery extends IPageQuery {
    match?: string;
  }

  export interface IJobQuery extends IPageQuery {
    model?: string;
    kind?: JobKind;
    state?: 'running' | 'done' | 'COMPLETE' | 'ERROR' | 'CANCELLED';
  }

  export interface IErrorQuery extends IPageQuery {
    /** Whether the records themselves are wanted. */
    records?: boolean;
  }
}

/** Return a name as one part of a path. */
function part(name: string): string {
  // Of NAME@N the server takes the @ as it is.
  return encodeURIComponent(name).replace(/%40/g, '@');
}

/** Return a path as parts of a path. */
function parts(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

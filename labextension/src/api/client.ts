import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import createClient from 'openapi-fetch';
import type { IChangeCounts } from './changes';
import type { paths } from './schema';
import type {
  Answer,
  Asset,
  AssetContent,
  AssetRole,
  ChallengeRequest,
  ChallengeView,
  CheckRequest,
  CheckView,
  CleanupReport,
  Deployment,
  DeploymentLog,
  DeploymentView,
  DeployRequest,
  DiffView,
  EngineChoices,
  EngineState,
  EnvironmentRow,
  EnvironmentView,
  ErrorGroup,
  ExampleCopy,
  ExampleList,
  Exported,
  ExportRequest,
  FailedRequests,
  GuessedRole,
  InferredRequirements,
  InstalledKernel,
  InstalledSchedule,
  IPage,
  JobComparison,
  FailureReport,
  JobDetail,
  JobFilter,
  JobRecord,
  JobRequest,
  JobsUsage,
  JobSummary,
  KernelCode,
  KernelLists,
  KernelTable,
  LineageView,
  LogPart,
  ModelDetail,
  ModelSummary,
  Preview,
  Proof,
  Query,
  RecordError,
  RecordSearch,
  Registration,
  PreviewRequest,
  Imported,
  RegistrationRequest,
  Remedy,
  RequirementsReport,
  ResultView,
  RoleLabel,
  Sample,
  Snapshot,
  Submission,
  Upgrade
} from './types';

/** The path of the server extension's REST API, below the Jupyter server's base URL. */
const NAMESPACE = 'modelop-jupyter';

/** Which lines of a log are wanted. */
export type ILogFilter = Omit<
  NonNullable<paths['/jobs/{job}/log']['get']['parameters']['query']>,
  'cursor'
>;

/** The JSON body of an error response. */
export interface IErrorBody {
  /** A stable identifier, like `model_not_found`; `http` where the server extension did not answer. */
  readonly code: string;
  readonly message: string;
  /** What the user can do about it. */
  readonly hint: string | null;
  /** The commands that do it. */
  readonly remedies?: readonly Remedy[];
}

/** An error response of the server. */
export class ApiError extends Error {
  constructor(
    { code, message, hint, remedies }: IErrorBody,
    readonly status: number
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.hint = hint;
    this.remedies = remedies ?? [];
  }

  readonly code: string;
  readonly hint: string | null;
  readonly remedies: readonly Remedy[];
}

/**
 * The client of the server extension's REST API, with one method for each operation in use.
 *
 * Paths, parameters and bodies are type-checked against the server's OpenAPI document. Methods reject with
 * `ApiError` for an error response, and with `ServerConnection.NetworkError` without a response.
 */
export class ApiClient {
  /** `language` is what the server's sentences are in, where it has them, such as `de-DE`. */
  constructor(settings: ServerConnection.ISettings, language = 'en') {
    this._settings = settings;
    this._baseUrl = URLExt.join(settings.baseUrl, NAMESPACE);
    this._api = createClient<paths>({
      baseUrl: this._baseUrl,
      fetch: request => fetchFromServer(request, settings),
      headers: { 'Accept-Language': language },
      pathSerializer: fillPath
    });
    this._api.use({
      onResponse: async ({ response }) => {
        if (!response.ok) {
          throw new ApiError(await errorBody(response), response.status);
        }
      }
    });
  }

  /** Return how often each topic has changed since the server was started. */
  changes(): Promise<IChangeCounts> {
    return data(this._api.GET('/changes'));
  }

  roles(): Promise<readonly RoleLabel[]> {
    return data(this._api.GET('/roles'));
  }

  examples(): Promise<ExampleList> {
    return data(this._api.GET('/examples'));
  }

  /** Write an example notebook into a new folder below `folder`, unless it is there. */
  copyExample(name: string, folder: string): Promise<ExampleCopy> {
    return data(this._api.POST('/examples', { body: { name, folder } }));
  }

  /** Return the roles that files get by their names. */
  guessRoles(paths: readonly string[]): Promise<readonly GuessedRole[]> {
    return data(this._api.POST('/roles/guesses', { body: { paths: [...paths] } }));
  }

  models(query: Query<'list_models'> = {}): Promise<IPage<ModelSummary>> {
    return data(this._api.GET('/models', { params: { query } }));
  }

  model(name: string): Promise<ModelDetail> {
    return data(this._api.GET('/models/{name}', { params: { path: { name } } }));
  }

  /** Return the names of models whose saved notebooks differ from what is registered. */
  changedNotebooks(): Promise<readonly string[]> {
    return data(this._api.GET('/changed-notebooks'));
  }

  /** Return what `register` would record, without recording it. */
  preview(body: PreviewRequest): Promise<Preview> {
    return data(this._api.POST('/previews', { body }));
  }

  register(body: RegistrationRequest): Promise<Registration> {
    return data(this._api.POST('/models', { body }));
  }

  /** Return the test data of a model, and the form in which records for a first run are typed. */
  sample(name: string, tables: readonly KernelTable[] = []): Promise<Sample> {
    const body = { tables: [...tables] };
    return data(this._api.POST('/models/{name}/sample', { params: { path: { name } }, body }));
  }

  async removeModel(name: string): Promise<void> {
    await this._api.DELETE('/models/{name}', { params: { path: { name } } });
  }

  snapshots(name: string, query: Query<'list_snapshots'> = {}): Promise<IPage<Snapshot>> {
    return data(this._api.GET('/models/{name}/snapshots', { params: { path: { name }, query } }));
  }

  /**
   * Return what differs between two models or snapshots; a name alone is the model as it is now.
   *
   * The HTML is without the texts of files, which the diff has.
   */
  diff(name: string, to: string): Promise<DiffView> {
    const query = { to, texts: false };
    return data(this._api.GET('/models/{name}/diff', { params: { path: { name }, query } }));
  }

  /** Return a model's newest jobs with the data, snapshots, commits and cells they are of. */
  lineage(name: string, limit: number): Promise<LineageView> {
    return data(
      this._api.GET('/models/{name}/lineage', { params: { path: { name }, query: { limit } } })
    );
  }

  /** Write a model or snapshot to a file or folder of the file browser. */
  exportModel(name: string, body: ExportRequest): Promise<Exported> {
    return data(this._api.POST('/models/{name}/export', { params: { path: { name } }, body }));
  }

  /** Register the model of an export in the file browser. */
  importModel(path: string): Promise<Imported> {
    return data(this._api.POST('/imports', { body: { path } }));
  }

  /** Return the metrics of a model over its jobs as charts and tables. */
  metricsHistory(name: string, query: Query<'list_history'> = {}): Promise<IPage<ResultView>> {
    return data(this._api.GET('/models/{name}/history', { params: { path: { name }, query } }));
  }

  takeSnapshot(name: string): Promise<Snapshot> {
    return data(
      this._api.POST('/models/{name}/snapshots', { params: { path: { name } }, body: {} })
    );
  }

  /** Let an alias stand for a snapshot from now on. */
  moveAlias(name: string, alias: string, snapshot: number): Promise<unknown> {
    return data(
      this._api.PUT('/models/{name}/aliases/{alias}', {
        params: { path: { name, alias } },
        body: { snapshot }
      })
    );
  }

  /** Take an alias away. */
  removeAlias(name: string, alias: string): Promise<unknown> {
    return data(
      this._api.DELETE('/models/{name}/aliases/{alias}', { params: { path: { name, alias } } })
    );
  }

  /** Add tags to a model and remove others. */
  changeTags(name: string, body: { add?: string[]; remove?: string[] }): Promise<unknown> {
    return data(this._api.PATCH('/models/{name}/tags', { params: { path: { name } }, body }));
  }

  /** Set entries of a model's metadata and remove others. */
  changeMetadata(
    name: string,
    body: { set?: Record<string, unknown>; remove?: string[] }
  ): Promise<unknown> {
    return data(this._api.PATCH('/models/{name}/metadata', { params: { path: { name } }, body }));
  }

  /** Add a file to a model; without a role in that of its name. */
  addAsset(name: string, path: string, role?: AssetRole): Promise<Registration> {
    return data(
      this._api.POST('/models/{name}/assets', { params: { path: { name } }, body: { path, role } })
    );
  }

  setAssetRole(name: string, { path }: Asset, role: AssetRole): Promise<Registration> {
    return data(
      this._api.PATCH('/models/{name}/assets/{path}', {
        params: { path: { name, path } },
        body: { role }
      })
    );
  }

  removeAsset(name: string, { path }: Asset): Promise<Registration> {
    return data(
      this._api.DELETE('/models/{name}/assets/{path}', { params: { path: { name, path } } })
    );
  }

  assetContent(name: string, path: string): Promise<AssetContent> {
    return data(
      this._api.GET('/models/{name}/content/{path}', { params: { path: { name, path } } })
    );
  }

  /** Return the requirements of a model; `check` resolves them and compares them with its imports. */
  requirements(name: string, check = false): Promise<RequirementsReport> {
    return data(
      this._api.GET('/models/{name}/requirements', {
        params: { path: { name }, query: { check } }
      })
    );
  }

  /** Infer requirements from the imports of a model's source, and add them to the model. */
  inferRequirements(name: string): Promise<InferredRequirements> {
    return data(
      this._api.POST('/models/{name}/requirements', {
        params: { path: { name } },
        body: { write: true }
      })
    );
  }

  /** Resolve the requirements without a pinned version anew. */
  upgradeRequirements(name: string): Promise<Upgrade> {
    return data(
      this._api.POST('/models/{name}/requirements/upgrade', { params: { path: { name } } })
    );
  }

  /** Return how far the check of a model is, and its last report. */
  check(name: string): Promise<CheckView> {
    return data(this._api.GET('/models/{name}/check', { params: { path: { name } } }));
  }

  /** Start to check a model; `check` returns the progress. */
  startCheck(name: string, body: CheckRequest): Promise<CheckView> {
    return data(this._api.POST('/models/{name}/check', { params: { path: { name } }, body }));
  }

  /** Stop the check of a model that runs, or forget why it could not be made. */
  stopCheck(name: string): Promise<CheckView> {
    return data(this._api.DELETE('/models/{name}/check', { params: { path: { name } } }));
  }

  /** Run the commands of a remedy that a finding of the last check offers. */
  async applyFindingRemedy(name: string, { commands }: Remedy): Promise<void> {
    const params = { path: { name } };
    await this._api.POST('/models/{name}/check/remedies', { params, body: { commands } });
  }

  /** Return how far the challenge of a model's snapshots is, and the last result. */
  challenge(name: string): Promise<ChallengeView> {
    return data(this._api.GET('/models/{name}/challenge', { params: { path: { name } } }));
  }

  /** Start to challenge a snapshot with another; `challenge` returns the progress. */
  startChallenge(name: string, body: ChallengeRequest): Promise<ChallengeView> {
    return data(this._api.POST('/models/{name}/challenge', { params: { path: { name } }, body }));
  }

  /** Stop the challenge that runs, or forget why it could not be made. */
  stopChallenge(name: string): Promise<ChallengeView> {
    return data(this._api.DELETE('/models/{name}/challenge', { params: { path: { name } } }));
  }

  /** Return the deployments of all models, also those that were stopped. */
  deployments(): Promise<readonly Deployment[]> {
    return data(this._api.GET('/deployments'));
  }

  /** Return the deployment of a model, and how far one is that is being made. */
  deployment(name: string): Promise<DeploymentView> {
    return data(this._api.GET('/models/{name}/deployment', { params: { path: { name } } }));
  }

  /** Start to deploy a model; `deployment` returns the progress. */
  deploy(name: string, body: DeployRequest): Promise<DeploymentView> {
    return data(this._api.POST('/models/{name}/deployment', { params: { path: { name } }, body }));
  }

  /** Stop to deploy a model, or forget why it could not be deployed; what answers, goes on. */
  stopDeploying(name: string): Promise<DeploymentView> {
    return data(this._api.DELETE('/models/{name}/deployment/run', { params: { path: { name } } }));
  }

  /** Stop a deployment, once it has answered what it was asked. */
  stopDeployment(name: string): Promise<DeploymentView> {
    return data(this._api.DELETE('/models/{name}/deployment', { params: { path: { name } } }));
  }

  /** Have the snapshot before answer again; of a deployment with a shadow, end the shadow. */
  rollBackDeployment(name: string): Promise<DeploymentView> {
    return data(
      this._api.POST('/models/{name}/deployment/rollback', { params: { path: { name } } })
    );
  }

  /** Return the last records of a deployment that got no output, newest first. */
  failedRequests(
    name: string,
    query: Query<'list_deployment_errors'> = {}
  ): Promise<FailedRequests> {
    return data(
      this._api.GET('/models/{name}/deployment/errors', { params: { path: { name }, query } })
    );
  }

  /** Return a part of the log of a deployment, from `offset` on, and the offset after it. */
  deploymentLog(name: string, offset: number): Promise<DeploymentLog> {
    return data(
      this._api.GET('/models/{name}/deployment/log', {
        params: { path: { name }, query: { offset } }
      })
    );
  }

  /** Send a request with a record, or a list of them, to a deployment; return what it answers. */
  sendRequest(name: string, records: unknown): Promise<Answer> {
    return data(
      this._api.POST('/models/{name}/deployment/requests', {
        params: { path: { name } },
        body: { records }
      })
    );
  }

  /** Return a record that a deployment takes, undefined where it knows none. */
  async exampleRecord(name: string): Promise<unknown> {
    const url = URLExt.join(this.deploymentUrl(name), 'openapi.json');
    const response = await ServerConnection.makeRequest(url, {}, this._settings);
    const text: unknown = response.ok ? (await response.json())['x-example'] : undefined;
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  }

  /** Return the URL of a deployment in this Jupyter server, which asks for Jupyter's login only. */
  deploymentUrl(name: string): string {
    return `${URLExt.join(this._baseUrl, 'deployments', encodeURIComponent(name))}/`;
  }

  environment(name: string): Promise<EnvironmentView> {
    return data(this._api.GET('/models/{name}/environment', { params: { path: { name } } }));
  }

  /** Start to build an environment; `environment` returns the progress. */
  buildEnvironment(name: string, rebuild = false): Promise<EnvironmentView> {
    return data(
      this._api.POST('/models/{name}/environment', {
        params: { path: { name } },
        body: { rebuild }
      })
    );
  }

  /** Have the Python of a model installed, and build its environment; returns when that is done. */
  installPython(name: string): Promise<EnvironmentView> {
    return data(
      this._api.POST('/models/{name}/environment', {
        params: { path: { name } },
        body: { install_python: true, wait: true }
      })
    );
  }

  async removeEnvironment(name: string): Promise<void> {
    await this._api.DELETE('/models/{name}/environment', { params: { path: { name } } });
  }

  /** Check from inside that an environment holds its lock and nothing else. */
  async proveEnvironment(name: string): Promise<Proof> {
    const path = { name };
    return (await data(this._api.POST('/models/{name}/environment/proof', { params: { path } })))
      .proof;
  }

  environments(): Promise<readonly EnvironmentRow[]> {
    return data(this._api.GET('/environments'));
  }

  /** Remove unused environments beyond the quota; a dry run only reports which these are. */
  cleanUpEnvironments(isDryRun: boolean): Promise<CleanupReport> {
    return data(this._api.POST('/environments/gc', { body: { dry_run: isDryRun } }));
  }

  /** Return the engines that jobs can run on, the default one, and where the last jobs ran. */
  engines(): Promise<EngineChoices> {
    return data(this._api.GET('/engines'));
  }

  /** Connect to an engine, and return what its cluster has now; it takes seconds. */
  engineState(engine: string): Promise<EngineState> {
    return data(this._api.POST('/engines/look', { body: { engine } }));
  }

  /** Return the names of the databases that queries in .sql files can be asked of. */
  connections(): Promise<readonly string[]> {
    return data(this._api.GET('/connections'));
  }

  kernels(): Promise<KernelLists> {
    return data(this._api.GET('/kernels'));
  }

  /** Return the expressions that tell about a kernel. */
  kernelCode(): Promise<KernelCode> {
    return data(this._api.GET('/kernel-code'));
  }

  /** Install the kernel spec of a model, and return its name. */
  installKernel(name: string): Promise<InstalledKernel> {
    return data(this._api.POST('/models/{name}/kernel', { params: { path: { name } } }));
  }

  /** Start a kernel in a model's environment, which runs until it is stopped. */
  async startKernel(name: string): Promise<void> {
    await this._api.POST('/models/{name}/kernel/running', { params: { path: { name } } });
  }

  /** Stop the running kernels of a model. */
  async stopKernel(name: string): Promise<void> {
    await this._api.DELETE('/models/{name}/kernel/running', { params: { path: { name } } });
  }

  async uninstallKernel(name: string): Promise<void> {
    await this._api.DELETE('/models/{name}/kernel', { params: { path: { name } } });
  }

  /** Return the jobs that cron or systemd runs. */
  schedules(): Promise<readonly InstalledSchedule[]> {
    return data(this._api.GET('/schedules'));
  }

  async removeSchedule(name: string, kind: InstalledSchedule['schedule']['kind']): Promise<void> {
    const params = { path: { name }, query: { kind } };
    await this._api.DELETE('/models/{name}/schedules', { params });
  }

  jobs(query: Query<'list_jobs'> = {}): Promise<IPage<JobSummary>> {
    return data(this._api.GET('/jobs', { params: { query } }));
  }

  submitJob(body: Submission): Promise<JobRecord> {
    return data(this._api.POST('/jobs', { body }));
  }

  /** Return the `%modelop` line of a job, with its paths relative to `folder`. */
  async magicLine(request: JobRequest, folder = ''): Promise<string> {
    const body = folder ? { ...request, folder } : request;
    return (await data(this._api.POST('/lines', { body }))).line;
  }

  job(job: string): Promise<JobDetail> {
    return data(this._api.GET('/jobs/{job}', { params: { path: { job } } }));
  }

  cancelJob(job: string): Promise<JobRecord> {
    return data(this._api.POST('/jobs/{job}/cancel', { params: { path: { job } } }));
  }

  /** Remove a job, its output, errors and log. */
  removeJob(job: string): Promise<CleanupReport> {
    return data(this._api.DELETE('/jobs/{job}', { params: { path: { job } } }));
  }

  /** Remove several jobs, all of them or none. */
  removeJobs(jobs: readonly string[]): Promise<CleanupReport> {
    return data(this._api.POST('/jobs/removals', { body: { jobs: [...jobs] } }));
  }

  /** Remove old jobs, and the oldest beyond the quota; a dry run only reports which these are. */
  cleanUpJobs(isDryRun: boolean): Promise<CleanupReport> {
    return data(this._api.POST('/jobs/gc', { body: { dry_run: isDryRun } }));
  }

  /** Say which jobs of a filter can be removed: none that runs or is pinned. */
  removableJobs(filter: JobFilter): Promise<CleanupReport> {
    return data(this._api.POST('/jobs/gc', { body: { filter, dry_run: true } }));
  }

  /** Remove the jobs of a filter that ended longer ago than so many seconds. */
  removeMatchingJobs(filter: JobFilter, older: number): Promise<CleanupReport> {
    return data(this._api.POST('/jobs/gc', { body: { filter, older } }));
  }

  /** Return the disk usage of all jobs, and its limits. */
  jobsUsage(): Promise<JobsUsage> {
    return data(this._api.GET('/jobs/usage'));
  }

  /**
   * Start a job that continues another, or that scores only the other's failed records again.
   *
   * `engine` is where it continues; undefined for where the other ran.
   */
  retryJob(job: string, failed: boolean, engine?: string): Promise<JobRecord> {
    const body = engine === undefined ? { failed } : { failed, engine };
    return data(this._api.POST('/jobs/{job}/retry', { params: { path: { job } }, body }));
  }

  /** Start a job with the same inputs and options as another. */
  rerunJob(job: string): Promise<JobRecord> {
    return data(this._api.POST('/jobs/{job}/rerun', { params: { path: { job } }, body: {} }));
  }

  /** Run the commands of a remedy that is offered for a job; return the job that they start, if any. */
  async applyRemedy(job: string, { commands }: Remedy): Promise<JobRecord | null> {
    const params = { path: { job } };
    return (await data(this._api.POST('/jobs/{job}/remedies', { params, body: { commands } }))).job;
  }

  jobDocument(job: string): Promise<Record<string, unknown>> {
    return data(this._api.GET('/jobs/{job}/document', { params: { path: { job } } }));
  }

  /** Return the failure of a job as a text for a ticket. */
  jobReport(job: string): Promise<FailureReport> {
    return data(this._api.GET('/jobs/{job}/report', { params: { path: { job } } }));
  }

  /** Return why a model's environment was not built as a text for a ticket. */
  environmentReport(name: string): Promise<FailureReport> {
    return data(this._api.GET('/models/{name}/environment/report', { params: { path: { name } } }));
  }

  /** Return the result of a metrics function as charts and tables. */
  metricsViews(job: string, query: Query<'list_views'> = {}): Promise<IPage<ResultView>> {
    return data(this._api.GET('/jobs/{job}/views', { params: { path: { job }, query } }));
  }

  outputRecords(job: string, query: Query<'list_records'>): Promise<IPage<unknown>> {
    return data(this._api.GET('/jobs/{job}/records', { params: { path: { job }, query } }));
  }

  /** Find output records by a text in them, sorted by a column. */
  findRecords(job: string, query: Query<'search_records'>): Promise<RecordSearch> {
    return data(this._api.GET('/jobs/{job}/records/search', { params: { path: { job }, query } }));
  }

  /** Return the URL that downloads the file with a job's output. */
  outputUrl(job: string): string {
    return URLExt.join(this._baseUrl, 'jobs', encodeURIComponent(job), 'output');
  }

  /** Compare an ended job with another. */
  comparison(job: string, other: string): Promise<JobComparison> {
    return data(
      this._api.GET('/jobs/{job}/comparison/{other}', { params: { path: { job, other } } })
    );
  }

  recordErrors(job: string, query: Query<'list_errors'> = {}): Promise<IPage<RecordError>> {
    return data(this._api.GET('/jobs/{job}/errors', { params: { path: { job }, query } }));
  }

  errorGroups(job: string): Promise<readonly ErrorGroup[]> {
    return data(this._api.GET('/jobs/{job}/errors/groups', { params: { path: { job } } }));
  }

  /** Return the lines of a job's log after `cursor`, and the cursor of the next call. */
  log(job: string, cursor: string, filter: ILogFilter = {}): Promise<LogPart> {
    const query = { cursor, ...filter };
    return data(this._api.GET('/jobs/{job}/log', { params: { path: { job }, query } }));
  }

  private readonly _settings: ServerConnection.ISettings;
  private readonly _baseUrl: string;
  private readonly _api: ReturnType<typeof createClient<paths>>;
}

/** Return the body of a response; error responses have already been thrown. */
async function data<T>(response: Promise<{ data?: T }>): Promise<T> {
  return (await response).data as T;
}

/** Send a request with the token, XSRF cookie and cache settings of JupyterLab. */
async function fetchFromServer(
  request: Request,
  settings: ServerConnection.ISettings
): Promise<Response> {
  const { method, headers, url } = request;
  // An empty body is no body: GET must not have one.
  const body = (await request.text()) || undefined;
  return ServerConnection.makeRequest(url, { method, headers, body }, settings);
}

/**
 * Return a path with its parameters filled in and percent-encoded.
 *
 * The slashes of `{path}` stay, as many proxies refuse `%2F`; so does the @ of a snapshot, NAME@N.
 */
function fillPath(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const segments = name === 'path' ? String(values[name]).split('/') : [String(values[name])];
    return segments.map(segment => encodeURIComponent(segment).replace(/%40/g, '@')).join('/');
  });
}

async function errorBody(response: Response): Promise<IErrorBody> {
  try {
    const { code, message, hint, remedies } = await response.json();
    return {
      code: code ?? 'http',
      message: message ?? response.statusText,
      hint: hint ?? null,
      remedies: remedies ?? []
    };
  } catch {
    // Proxies answer in HTML.
    const message = `${response.status} ${response.statusText}`.trim();
    return { code: 'http', message, hint: null, remedies: [] };
  }
}

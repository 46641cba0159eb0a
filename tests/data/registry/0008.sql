BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
CREATE TABLE alias_moves (
	id VARCHAR(36) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	word VARCHAR(64) NOT NULL, 
	number INTEGER, 
	moved VARCHAR(32) NOT NULL, 
	moved_by TEXT, 
	CONSTRAINT pk_alias_moves PRIMARY KEY (id), 
	CONSTRAINT fk_alias_moves_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "alias_moves" VALUES('44444444-dddd','id-1','champion',1,'2026-11-22T22:15:44.255113+00:00','ada');
INSERT INTO "alias_moves" VALUES('55555555-eeee','id-1','champion',2,'2026-11-22T23:15:44.255113+00:00','ada');
CREATE TABLE aliases (
	model_id VARCHAR(36) NOT NULL, 
	word VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	moved VARCHAR(32) NOT NULL, 
	moved_by TEXT, 
	CONSTRAINT pk_aliases PRIMARY KEY (model_id, word), 
	CONSTRAINT fk_aliases_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "aliases" VALUES('id-1','champion',2,'2026-11-22T23:15:44.255113+00:00','ada');
CREATE TABLE checks (
	snapshot_id VARCHAR(36) NOT NULL, 
	checked VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	report JSON NOT NULL, 
	CONSTRAINT pk_checks PRIMARY KEY (snapshot_id), 
	CONSTRAINT fk_checks_snapshot_id_snapshots FOREIGN KEY(snapshot_id) REFERENCES snapshots (id)
);
INSERT INTO "checks" VALUES('id-3','2026-11-22T23:15:44.255113+00:00',1,'{"model": "churn", "snapshot": 2, "checked": "2026-11-22T23:15:44.255113Z", "sample": "in.json", "records": 12, "seconds": 1.5, "topics": [{"topic": "Rules of the runtime", "summary": "12 records", "findings": [], "is_checked": true}, {"topic": "The same answer twice", "summary": "five runs", "findings": [{"code": "random", "level": "warned", "message": "it is random", "hint": "Seed it", "file": "model.py", "line": 3, "evidence": "1 \u2260 2", "remedies": [{"text": "Seed", "commands": [["asset", "add", "churn", "x"]], "options": []}]}], "is_checked": true}], "command": ["check", "churn", "in.json"]}');
CREATE TABLE deployments (
	id VARCHAR(36) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	snapshot INTEGER NOT NULL, 
	previous INTEGER, 
	options JSON NOT NULL, 
	created VARCHAR(32) NOT NULL, 
	modified VARCHAR(32) NOT NULL, 
	stopped VARCHAR(32), 
	home JSON, 
	CONSTRAINT pk_deployments PRIMARY KEY (id), 
	CONSTRAINT fk_deployments_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT uq_deployments_model_id UNIQUE (model_id)
);
INSERT INTO "deployments" VALUES('33333333-cccc','id-1',2,1,'{"host": "127.0.0.1", "port": 8010, "replicas": null, "lifetime": null, "schemas": null, "record_timeout": 5.0, "start_timeout": 60.0, "queue": 1000, "body_limit": 32000000, "capture": "/data/seen.jsonl", "is_insecure": false}','2026-11-22T23:15:44.255113+00:00','2026-11-22T23:15:44.255113+00:00',NULL,NULL);
CREATE TABLE held_blobs (
	digest VARCHAR(71) NOT NULL, 
	place_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_held_blobs PRIMARY KEY (digest, place_id), 
	CONSTRAINT fk_held_blobs_place_id_places FOREIGN KEY(place_id) REFERENCES places (id)
);
CREATE TABLE jobs (
	id VARCHAR(36) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	snapshot_id VARCHAR(36) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	result VARCHAR(16) NOT NULL, 
	created VARCHAR(32) NOT NULL, 
	started VARCHAR(32), 
	ended VARCHAR(32), 
	inputs JSON NOT NULL, 
	output TEXT, 
	parameters JSON NOT NULL, 
	options JSON NOT NULL, 
	counts JSON NOT NULL, 
	messages JSON NOT NULL, 
	environment TEXT, 
	packages INTEGER, 
	error JSON, proof JSON, state VARCHAR(32) DEFAULT 'running' NOT NULL, seconds FLOAT, created_by TEXT, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT fk_jobs_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT fk_jobs_snapshot_id_snapshots FOREIGN KEY(snapshot_id) REFERENCES snapshots (id)
);
INSERT INTO "jobs" VALUES('11111111-aaaa','batch','id-4','id-5','CREATED','UNKNOWN','2026-11-22T23:15:44.255113+00:00',NULL,NULL,'[]',NULL,'{}','{}','{"records_in": 0, "scored": 0, "rejected": 0, "failed": 0, "records_out": 0}','[]',NULL,NULL,NULL,NULL,'running',NULL,NULL);
INSERT INTO "jobs" VALUES('22222222-bbbb','metrics','id-1','id-3','COMPLETE','SUCCESS','2026-11-22T23:15:44.255113+00:00','2026-11-22T23:15:44.255113+00:00','2026-11-22T23:15:44.255113+00:00','[{"name": "scored.csv", "path": "/data/scored.csv", "format": "csv", "size": 12, "digest": "sha256:1"}]','/data/out.json','{"threshold": 0.5}','{"limit": 3}','{"records_in": 5, "scored": 2, "rejected": 2, "failed": 1, "records_out": 2}','["\u00e9tat"]','abc',12,'{"stage": "init"}',NULL,'succeeded',0.0,NULL);
CREATE TABLE models (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	"key" VARCHAR(128) NOT NULL, 
	description TEXT NOT NULL, 
	tags JSON NOT NULL, 
	state JSON NOT NULL, 
	digest VARCHAR(71) NOT NULL, 
	created VARCHAR(32) NOT NULL, 
	modified VARCHAR(32) NOT NULL, 
	removed BOOLEAN NOT NULL, lock VARCHAR(71), notebook TEXT DEFAULT '' NOT NULL, created_by TEXT, origin JSON, modified_by TEXT, metadata JSON DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (id), 
	CONSTRAINT uq_models_key UNIQUE ("key")
);
INSERT INTO "models" VALUES('id-1','churn','churn','Who leaves','["demo", "\u00e9"]','{"assets": [{"path": "model.py", "role": "MODEL_SOURCE", "digest": "sha256:fb04dcb6970e4c3d1873de51fd5a50d7bb46b3383113602665c350ec40b5f990", "size": 2}, {"path": "requirements.txt", "role": "REQUIRED_LIBRARIES", "digest": "sha256:fe2547fe2604b445e70fc9d819062960552f9145bdb043b51986e478a4806a2b", "size": 4}], "primary_source": null, "entry_points": {"init": null, "score": "predict", "metrics": null, "train": null}, "python": "3.8"}','sha256:cf452b48cd67a868be2e9055f6d289a9f378325d90c0625208d419e39f0fc663','2026-11-22T23:15:44.255113+00:00','2026-11-22T23:15:44.255113+00:00',0,NULL,'','ada','{"git": {"commit": "c0ffee", "branch": "main", "remote": "https://example.com/team/models.git", "is_dirty": true, "path": "churn"}, "functions": [{"name": "score", "cell": "a1", "number": 3, "execution_count": 7}]}','grace','{"owner": "risk", "tier": 1}');
INSERT INTO "models" VALUES('id-4','gone','gone','','[]','{"assets": [], "primary_source": null, "entry_points": {"init": null, "score": "predict", "metrics": null, "train": null}, "python": null}','sha256:90a78513e25a335e9e25fea217658d982cd1f99d659862e54987c0fee44baddc','2026-11-22T23:15:44.255113+00:00','2026-11-22T23:15:44.255113+00:00',1,NULL,'',NULL,NULL,NULL,'{}');
CREATE TABLE newest_metrics (
	model_id VARCHAR(36) NOT NULL, 
	path VARCHAR(255) NOT NULL, 
	value FLOAT NOT NULL, 
	job_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_newest_metrics PRIMARY KEY (model_id, path), 
	CONSTRAINT fk_newest_metrics_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "newest_metrics" VALUES('id-1','auc',0.91,'22222222-bbbb');
CREATE TABLE places (
	id VARCHAR(36) NOT NULL, 
	host TEXT NOT NULL, 
	path TEXT NOT NULL, 
	CONSTRAINT pk_places PRIMARY KEY (id)
);
CREATE TABLE search_terms (
	model_id VARCHAR(36) NOT NULL, 
	position INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_search_terms PRIMARY KEY (model_id, position), 
	CONSTRAINT fk_search_terms_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
CREATE TABLE search_texts (
	model_id VARCHAR(36) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_search_texts PRIMARY KEY (model_id), 
	CONSTRAINT fk_search_texts_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
CREATE TABLE shared_jobs (
	job_id VARCHAR(36) NOT NULL, 
	place_id VARCHAR(36) NOT NULL, 
	files JSON NOT NULL, 
	CONSTRAINT pk_shared_jobs PRIMARY KEY (job_id), 
	CONSTRAINT fk_shared_jobs_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id), 
	CONSTRAINT fk_shared_jobs_place_id_places FOREIGN KEY(place_id) REFERENCES places (id)
);
CREATE TABLE snapshots (
	id VARCHAR(36) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	state JSON NOT NULL, 
	digest VARCHAR(71) NOT NULL, 
	created VARCHAR(32) NOT NULL, 
	lock VARCHAR(71), created_by TEXT, origin JSON, 
	CONSTRAINT pk_snapshots PRIMARY KEY (id), 
	CONSTRAINT fk_snapshots_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT uq_snapshots_model_id_number UNIQUE (model_id, number)
);
INSERT INTO "snapshots" VALUES('id-2','id-1',1,'before the audit','{"assets": [{"path": "model.py", "role": "MODEL_SOURCE", "digest": "sha256:3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe", "size": 2}], "primary_source": null, "entry_points": {"init": null, "score": "predict", "metrics": null, "train": null}, "python": null}','sha256:ccc115092fb3c52a41765ab34887fb4e808b872130d6ce4e7985c97827f6d595','2026-11-22T23:15:44.255113+00:00','sha256:lock',NULL,NULL);
INSERT INTO "snapshots" VALUES('id-3','id-1',2,'churn-20261122_2315','{"assets": [{"path": "model.py", "role": "MODEL_SOURCE", "digest": "sha256:fb04dcb6970e4c3d1873de51fd5a50d7bb46b3383113602665c350ec40b5f990", "size": 2}, {"path": "requirements.txt", "role": "REQUIRED_LIBRARIES", "digest": "sha256:fe2547fe2604b445e70fc9d819062960552f9145bdb043b51986e478a4806a2b", "size": 4}], "primary_source": null, "entry_points": {"init": null, "score": "predict", "metrics": null, "train": null}, "python": "3.8"}','sha256:cf452b48cd67a868be2e9055f6d289a9f378325d90c0625208d419e39f0fc663','2026-11-22T23:15:44.255113+00:00',NULL,'ada','{"git": {"commit": "c0ffee", "branch": "main", "remote": "https://example.com/team/models.git", "is_dirty": true, "path": "churn"}, "functions": [{"name": "score", "cell": "a1", "number": 3, "execution_count": 7}]}');
INSERT INTO "snapshots" VALUES('id-5','id-4',1,'gone-20261122_2315','{"assets": [], "primary_source": null, "entry_points": {"init": null, "score": "predict", "metrics": null, "train": null}, "python": null}','sha256:90a78513e25a335e9e25fea217658d982cd1f99d659862e54987c0fee44baddc','2026-11-22T23:15:44.255113+00:00',NULL,NULL,NULL);
CREATE INDEX ix_snapshots_model_id_digest ON snapshots (model_id, digest);
CREATE INDEX ix_jobs_snapshot_id ON jobs (snapshot_id);
CREATE INDEX ix_jobs_created_id ON jobs (created, id);
CREATE INDEX ix_jobs_model_id_created_id ON jobs (model_id, created, id);
CREATE INDEX ix_jobs_status_created ON jobs (status, created);
CREATE INDEX ix_jobs_state_created_id ON jobs (state, created, id);
CREATE INDEX ix_alias_moves_model_id ON alias_moves (model_id, moved);
CREATE INDEX ix_search_terms_kind ON search_terms (kind);
CREATE INDEX ix_newest_metrics_path ON newest_metrics (path, value);
COMMIT;

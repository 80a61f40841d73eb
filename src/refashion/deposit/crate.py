"""The description of a deposit as an RO-Crate, so that catalogues and programs can read it.

It conforms to the profile Provenance Run Crate, which extends Workflow Run Crate by the runs of the
workflow's steps: https://www.researchobject.org/workflow-run-crate/profiles/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rocrate.model import ComputationalWorkflow, ComputerLanguage, ContextEntity, Entity, Person
from rocrate.rocrate import ROCrate

from refashion.artifacts import canonical_json
from refashion.deposit.codecheck import doi_address
from refashion.deposit.facts import CheckedStudy, Facts, RunState
from refashion.wording import counted, flatten, setting_text

# What the validator of the community knows; it rejects newer versions.
RO_CRATE = "1.1"
RUN_CRATE = "0.5"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = (
    (f"https://w3id.org/ro/wfrun/process/{RUN_CRATE}", "Process Run Crate", RUN_CRATE),
    (f"https://w3id.org/ro/wfrun/workflow/{RUN_CRATE}", "Workflow Run Crate", RUN_CRATE),
    (f"https://w3id.org/ro/wfrun/provenance/{RUN_CRATE}", "Provenance Run Crate", RUN_CRATE),
    (WORKFLOW_CRATE, "Workflow RO-Crate", "1.0"),
)
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
COMPLETED, FAILED = (f"http://schema.org/{how}ActionStatus" for how in ("Completed", "Failed"))
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
NO_LICENCE = {
    "name": "No licence is stated",
    "description": "Ask the person who made this deposit before you use it.",
}
SNAKEMAKE = "https://snakemake.github.io"
REFASHION = "#refashion"
STEP = "#step-train"
# A unit of time and one of memory, as QUDT names them.
RESOURCES = {
    "wall_seconds": "https://qudt.org/vocab/unit/SEC",
    "peak_memory_mb": "https://qudt.org/vocab/unit/MegaBYTE",
}
FORMATS = {
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".yml": "application/yaml",
}


def write_crate(
    facts: Facts, folder: Path, descriptions: Mapping[str, str], workflow: str, lock: str | None
) -> None:
    """Describe the files of a deposit in its `ro-crate-metadata.json`.

    Parameters
    ----------
    facts
        The results.
    folder
        The deposit, with all its other files.
    descriptions
        What each file is that is described by itself, by its path in the deposit. The others are
        files of executions and of the report.
    workflow, lock
        Path of the Snakefile and of the lock file in the deposit; None if the lock file of the
        results is not there.
    """
    _Writer(facts, folder).write(descriptions, workflow, lock)


class _Writer:
    def __init__(self, facts: Facts, folder: Path) -> None:
        self.facts, self.folder = facts, folder
        self.crate = ROCrate(version=RO_CRATE)

    def write(self, descriptions: Mapping[str, str], workflow: str, lock: str | None) -> None:
        files = {
            path: self._file(path, text) for path, text in descriptions.items() if path != workflow
        }
        files["README.md"]["about"] = {"@id": "./"}
        agents = [self._person(each.name, each.orcid) for each in self.facts.deposit.checkers]
        self._root(agents)
        main = self._workflow(workflow)
        inputs = [*self._data(), files["config.json"], *([files[lock]] if lock else [])]
        actions = [
            self._execution(study, each, agents, files["config.json"])
            for study in self.facts.studies
            for each in study.executions
        ]
        report = self._dataset("report/", "The report", "The report as HTML and PDF.")
        outputs = [file for path, file in files.items() if path not in ("config.json", lock)]
        whole = self._action(
            "#workflow-run",
            f"Run of the workflow: {self.facts.title}",
            "Trains every run with every seed, and judges the claims.",
            main,
            inputs,
            [*outputs, report],
            agents,
        )
        for key, field in (("startTime", "started"), ("endTime", "ended")):
            whole[key] = self.facts.manifest[field]
        # As the command, which ends with an error if a run gave no result.
        n_failed = sum(action["actionStatus"] == FAILED for action in actions)
        whole["actionStatus"] = FAILED if n_failed else COMPLETED
        if n_failed:
            whole["error"] = f"{n_failed:,} of {counted(len(actions), 'execution')} gave no result"
        self._organize(whole, actions, agents)
        self.crate.root_dataset["mentions"] = _one([whole, *actions])
        self.crate.metadata.extra_contexts.append(TERMS)
        self.crate.metadata.write(self.folder)

    def _root(self, agents: list[Entity]) -> None:
        facts, root = self.facts, self.crate.root_dataset
        root["name"], root["description"] = facts.title, facts.counts.sentences
        root["datePublished"] = facts.date
        root["conformsTo"] = [
            self._context(uri, "CreativeWork", {"name": name, "version": version})
            for uri, name, version in PROFILES
        ]
        root["license"] = self._licence()
        if agents:
            root["author"] = _one(agents)
        if facts.deposit.doi:
            root["identifier"] = doi_address(facts.deposit.doi)
        root["about"] = _one([*map(self._source, facts.studies)])
        profiles = [f"https://w3id.org/ro/crate/{RO_CRATE}", WORKFLOW_CRATE]
        self.crate.metadata["conformsTo"] = [{"@id": uri} for uri in profiles]

    def _licence(self) -> Any:
        name = self.facts.deposit.licence
        if name is None:
            return self._context("#no-licence", "CreativeWork", NO_LICENCE)
        address = f"https://spdx.org/licenses/{name}"
        described = {"name": name, "description": f"The licence {name}", "identifier": address}
        return self._context(address, "CreativeWork", described)

    def _source(self, study: CheckedStudy) -> Entity:
        source = study.source
        address = doi_address(source.doi) if source.doi else f"#source-{study.name}"
        authors = [self._person(author.name, author.orcid) for author in source.authors]
        described = {"name": source.title or source.citation, "citation": source.citation}
        return self._context(
            address, "ScholarlyArticle", described | ({"author": _one(authors)} if authors else {})
        )

    def _person(self, name: str, orcid: str | None) -> Entity:
        address = f"https://orcid.org/{orcid}" if orcid else f"#person-{_digest(name)}"
        if address in self.crate:
            return self.crate.get(address)
        return self.crate.add(Person(self.crate, address, {"name": name}))

    def _workflow(self, path: str) -> Entity:
        manifest, crate = self.facts.manifest, self.crate
        packages = manifest.get("packages", {})
        version = {"version": packages["snakemake"]} if "snakemake" in packages else {}
        described = {"name": "Snakemake", "url": SNAKEMAKE, **version}
        crate.add(ContextEntity(crate, SNAKEMAKE, {"@type": "SoftwareApplication", **described}))
        language = {"name": "Snakemake", "url": SNAKEMAKE, "identifier": SNAKEMAKE}
        crate.add(ComputerLanguage(crate, "#snakemake", properties=language))
        tool = {"name": "refashion", "description": "Trains one run with one seed."}
        tool |= {"softwareVersion": packages["refashion"]} if "refashion" in packages else {}
        self._context(REFASHION, "SoftwareApplication", tool)
        step = {"name": "train", "position": "1", "workExample": {"@id": REFASHION}}
        self._context(STEP, "HowToStep", step)
        commit = manifest.get("git", {}).get("commit")
        main = crate.add(
            ComputationalWorkflow(
                crate,
                self.folder / path,
                path,
                properties={
                    "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
                    "name": "The pipeline of refashion",
                    "description": f"The results come from commit {commit or 'not recorded'}.",
                    **({"version": commit} if commit else {}),
                    **self._measured(path),
                },
            )
        )
        main["programmingLanguage"] = {"@id": "#snakemake"}
        main["conformsTo"] = {"@id": BIOSCHEMAS}
        main["hasPart"], main["step"] = {"@id": REFASHION}, {"@id": STEP}
        crate.mainEntity = main
        return main

    def _data(self) -> Iterator[Entity]:
        """Describe the files of the datasets, which are not in the deposit, by their checksums."""
        for dataset, files in self.facts.manifest.get("datasets", {}).items():
            for name, sha256 in files.items():
                described = {"name": f"{dataset}: {name}", "sha256": sha256}
                yield self._context(f"#data-{_digest(dataset, name)}", "CreativeWork", described)

    def _execution(
        self, study: CheckedStudy, each: RunState, agents: list[Entity], config: Entity
    ) -> Entity:
        name = f"{study.name}/{each.run}/seed-{each.seed}"
        title = f"{study.title}: {each.title}, seed {each.seed}"
        parts = [
            self._file(path.relative_to(self.folder).as_posix(), f"{path.name} of {title}")
            for path in sorted((self.folder / name).iterdir())
        ]
        result = self._dataset(f"{name}/", title, f"What this execution left: {name}.")
        result["hasPart"] = _one(parts)
        inputs = [config, *self._settings(study, each)]
        text = f"Trains and scores the run {each.run} of the study {study.name} once."
        tool = self.crate.get(REFASHION)
        action = self._action(f"#run-{name}", title, text, tool, inputs, [result], agents)
        action["actionStatus"] = COMPLETED if each.is_finished else FAILED
        if not each.is_finished:
            error = each.state.get("error") or {}
            action["error"] = error.get("message") or str(each.state.get("status"))
        used = [
            self._value(f"#run-{name}-{key}", key, each.state[key], propertyID=key, unitCode=unit)
            for key, unit in RESOURCES.items()
            if each.state.get(key) is not None
        ]
        if used:
            action["resourceUsage"] = _one(used)
        return action

    def _settings(self, study: CheckedStudy, each: RunState) -> Iterator[Entity]:
        own = f"#settings-{study.name}/{each.run}"
        settings = {"model": each.state.get("model"), **each.state.get("settings", {})}
        for key, value in flatten(settings).items():
            yield self._value(f"{own}/{_digest(key, value)}", key, setting_text(value))
        yield self._value(f"#seed-{each.seed}", "seed", each.seed)

    def _organize(self, whole: Entity, actions: list[Entity], agents: list[Entity]) -> None:
        controls = [
            self._context(
                f"#control-{action.id.lstrip('#')}",
                "ControlAction",
                {"name": f"Start of {action['name']}", "instrument": {"@id": STEP}},
            )
            for action in actions
        ]
        for control, action in zip(controls, actions, strict=True):
            control["object"] = action
        engine = self._context(
            "#organize",
            "OrganizeAction",
            {"name": "Snakemake starts the runs", "instrument": {"@id": SNAKEMAKE}},
        )
        engine["object"], engine["result"] = _one(controls), whole
        if agents:
            engine["agent"] = _one(agents)

    def _action(
        self,
        address: str,
        name: str,
        description: str,
        instrument: Entity,
        inputs: list[Entity],
        outputs: list[Entity],
        agents: list[Entity],
    ) -> Entity:
        action = self._context(address, "CreateAction", {"name": name, "description": description})
        action["instrument"] = instrument
        action["object"], action["result"] = _one(inputs), _one(outputs)
        if agents:
            action["agent"] = _one(agents)
        return action

    def _value(self, address: str, name: str, value: Any, **more: str) -> Entity:
        return self._context(address, "PropertyValue", {"name": name, "value": value, **more})

    def _context(self, address: str, kind: str, properties: Mapping[str, Any]) -> Entity:
        # Only then: to look for what is not there, the library goes through all entities.
        if address in self.crate:
            return self.crate.get(address)
        return self.crate.add(ContextEntity(self.crate, address, {"@type": kind, **properties}))

    def _file(self, path: str, description: str) -> Entity:
        return self.crate.add_file(
            self.folder / path,
            path,
            properties={"name": path, "description": description, **self._measured(path)},
        )

    def _measured(self, path: str) -> dict[str, str]:
        content = (self.folder / path).read_bytes()
        return {
            "contentSize": str(len(content)),
            "encodingFormat": FORMATS.get(Path(path).suffix, "text/plain"),
            "sha256": hashlib.sha256(content).hexdigest(),
        }

    def _dataset(self, path: str, name: str, description: str) -> Entity:
        properties = {"name": name, "description": description}
        return self.crate.add_dataset(self.folder / path, path, properties=properties)


def _one(entities: list[Entity]) -> Entity | list[Entity]:
    """Write a single value as itself, as the specification recommends."""
    return entities[0] if len(entities) == 1 else entities


def _digest(*parts: Any) -> str:
    """Return a short name for what may contain anything."""
    return hashlib.sha256(canonical_json([*parts]).encode()).hexdigest()[:16]

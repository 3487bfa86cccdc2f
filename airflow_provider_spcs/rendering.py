"""Templates inside typed specifications, and which strings name a template file.

Airflow loads a file for every templated string that ends in one of ``template_ext``. For container jobs that is a trap:
``@stage/job.yaml`` is a file on a stage, and an argument ``config.yaml`` is most often a file in the container.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

_OURS = "airflow_provider_spcs."


class SpecTemplates:
    """Rendering for an operator with specifications among its templated fields; goes before ``BaseOperator``.

    A string that ends in one of ``template_ext`` and names a file in the DAG's template search path is replaced by that
    file's rendered text; any other string is rendered as it is.
    """

    template_ext: Any
    spec_stage: str | None
    spec: Any

    def render_template(
        self,
        content: Any,
        context: Any,
        jinja_env: jinja2.Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Render strings, collections, and our own frozen dataclasses field by field."""
        base: Any = super()
        environment = jinja_env or self.get_template_env()  # type: ignore[attr-defined]
        if isinstance(content, str) and not self._names_file(content, environment):
            return self._render(environment.from_string(content), context)  # type: ignore[attr-defined]
        if dataclasses.is_dataclass(content) and type(content).__module__.startswith(_OURS):
            from airflow_provider_spcs.spec import ServiceSpec

            rendered = self._render_dataclass(content, context, environment, seen_oids)
            # As a document: Airflow then shows it in readable form, with values under secret-looking keys hidden.
            return rendered.to_dict() if isinstance(rendered, ServiceSpec) else rendered
        if isinstance(content, Mapping) and not isinstance(content, dict):
            content = dict(content)
        return base.render_template(content, context, environment, seen_oids)

    def resolve_template_files(self) -> None:
        """When a DAG is parsed: read the specification's file, so that the UI shows it; nothing else."""
        content = self.spec
        if isinstance(content, str) and content.endswith(tuple(self.template_ext)):
            environment = self.get_template_env()  # type: ignore[attr-defined]
            if self._names_file(content, environment):
                self.spec = environment.loader.get_source(environment, content)[0]
        self.prepare_template()  # type: ignore[attr-defined]

    def _names_file(self, text: str, environment: jinja2.Environment) -> bool:
        if not text.endswith(tuple(self.template_ext)) or text.startswith("@") or "\n" in text:
            return False
        if text == self.spec and self.spec_stage:
            return False
        from jinja2 import TemplateNotFound

        try:
            if environment.loader is not None:
                environment.loader.get_source(environment, os.fspath(text))
                return True
        except TemplateNotFound:
            pass
        return False

    def _render_dataclass(self, value: Any, context: Any, environment: Any, seen_oids: set[int] | None) -> Any:
        fields = {
            field.name: self.render_template(getattr(value, field.name), context, environment, seen_oids)
            for field in dataclasses.fields(value)
            if field.init and getattr(value, field.name) is not None
        }
        return dataclasses.replace(value, **fields)

"""Teaches mypy what SQLModel cannot: a field read from a table's class is a column, read from a row it is a value."""

from collections.abc import Callable
from functools import partial

from mypy.nodes import TypeInfo, Var
from mypy.plugin import AttributeContext, Plugin
from mypy.types import Instance, Type

COLUMN = "sqlalchemy.orm.attributes.InstrumentedAttribute"


class Columns(Plugin):
    """``Item.code`` is a column of str; ``item.code`` stays a str."""

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        found = self.lookup_fully_qualified(owner)
        if (
            found is None
            or not isinstance(found.node, TypeInfo)
            or "__tablename__" not in found.node.names
            or name.startswith(("_", "metadata"))
        ):
            return None
        field = found.node.names.get(name)
        column = self.lookup_fully_qualified(COLUMN)
        if field is None or not isinstance(field.node, Var) or column is None or not isinstance(column.node, TypeInfo):
            return None
        return partial(_as_column, column.node)


def _as_column(column: TypeInfo, context: AttributeContext) -> Type:
    return Instance(column, [context.default_attr_type])


def plugin(_version: str) -> type[Plugin]:
    """The entry that mypy looks for."""
    return Columns

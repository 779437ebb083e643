"""The one MetaData that all of risk's tables are on."""

from sqlalchemy import MetaData

metadata = MetaData(schema="risk")

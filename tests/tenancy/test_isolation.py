from tenancy import isolation
from tenancy.database import Database


def test_the_migrated_database_isolates_tenants(database: Database) -> None:
    isolation.verify(database.engine)

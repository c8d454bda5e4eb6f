#!/usr/bin/env python3
"""The sql source against real databases: PostgreSQL 15 and MariaDB from Debian, started here, in a folder of their own.
What a source must not be able to do (T18) is tried on both: nothing is written, no file, no process."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

KPID = os.environ["KPID"]
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
TAIL = "rules: [rules.yaml]\nchannels: {screen: {type: console}}\nroutes: [{match: {}, to: [screen]}]\n"
ROWS = ("INSERT INTO lead VALUES ('2026-03-01 10:00', 'SE', 10.5), ('2026-03-01 11:00', 'SE', 2), "
        "('2026-03-02 10:00', 'DK', NULL), ('2999-03-15 05:00', 'SE', 1)")
QUERY = ("SELECT CAST(created AS date) AS date, country, count(*) AS m FROM lead WHERE created >= :from "
         "AND created < :to GROUP BY 1, 2")


def as_user(name, command, **options):
    """Databases refuse to run as root."""
    if os.getuid() == 0:
        command = ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--reset-env"] + command
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


class Database(unittest.TestCase):
    """What both are asked. A subclass says how it is started and reached."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-sql-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def once(self, query=QUERY, user="reader", zone="UTC"):
        (self.folder / "kpid.yaml").write_text(
            "sources:\n  s:\n    plugin: sql\n    database: \"" + self.url(user) + "\"\n    password: ${env:PASSWORD}\n"
            f"    timezone: {zone}\n"
            "    timeout: 2s\n    query: |\n      " + query + "\n    labels: {country: country}\n"
            "    metrics: {m: {kind: flow}}\n" + TAIL)
        (self.folder / "rules.yaml").write_text("kpis: {a: {value: s.m}}\n")
        ended = subprocess.run([KPID, "source", "test", "s"], cwd=self.folder, capture_output=True, text=True,
                               timeout=60, check=False, env={**os.environ, "PASSWORD": "secret"})
        self.assertNotIn("secret", ended.stdout + ended.stderr)
        return ended.returncode, ended.stdout + ended.stderr

    def rows_are_read(self):
        code, text = self.once()
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"2026-03-01 +m +country=SE +2\n2026-03-02 +m +country=DK +1\n")
        self.assertNotIn("2999", text)

    def refused(self, queries, user="reader"):
        for query in queries:
            code, text = self.once(query, user)
            self.assertNotEqual(code, 0, query + text)
        self.rows_are_read()

    def counts(self, texts):
        """Each text or comment is what the engine takes it for: the row is there, and the parameters behind it too."""
        for text in texts:
            query = f"SELECT :from AS date, 'SE' AS country, 7 AS m {text} WHERE :from < :to"
            code, answer = self.once(query.replace("\n", "\n      "))
            self.assertEqual(code, 0, text + answer)
            self.assertRegex(answer, r"m +country=SE +7\n", text)

    def days_are_of_the_zone(self):
        """An instant of the evening in UTC is of the next day in Stockholm."""
        query = QUERY.replace("lead", "click")
        code, text = self.once(query, zone="Europe/Stockholm")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"2026-03-01 +m +country=SE +1\n2026-03-02 +m +country=SE +1\n")
        code, text = self.once(query)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"2026-03-01 +m +country=SE +2\n")

    def is_too_slow(self, query):
        code, text = self.once(query)
        self.assertEqual(code, 3, text)


class PostgreSql(Database):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="kpid-pg-")
        os.chmod(cls.root, 0o755)
        if os.getuid() == 0:
            shutil.chown(cls.root, "postgres", "postgres")
        data, password = cls.root + "/data", pathlib.Path(cls.root + "/password")
        password.write_text("secret\n")
        as_user("postgres", [str(POSTGRES / "initdb"), "-D", data, "-A", "scram-sha-256", "-U", "postgres", "-N",
                             "--pwfile=" + str(password)])
        as_user("postgres", [str(POSTGRES / "pg_ctl"), "-D", data, "-w", "-l", cls.root + "/log", "-o",
                             f"-k {cls.root} -c listen_addresses='' -c fsync=off", "start"])
        cls.sql("CREATE TABLE lead(created timestamp, country text, amount numeric)", ROWS,
                "CREATE TABLE click(created timestamptz, country text)",
                "INSERT INTO click VALUES ('2026-03-01 10:00+00', 'SE'), ('2026-03-01 23:30+00', 'SE')",
                "CREATE ROLE reader LOGIN PASSWORD 'secret'", "GRANT SELECT ON lead, click TO reader",
                "CREATE ROLE writer LOGIN PASSWORD 'secret'", "GRANT ALL ON lead TO writer",
                "CREATE ROLE robber LOGIN PASSWORD 'secret'", "GRANT pg_execute_server_program TO robber")

    @classmethod
    def tearDownClass(cls):
        as_user("postgres", [str(POSTGRES / "pg_ctl"), "-D", cls.root + "/data", "-m", "immediate", "stop"])
        shutil.rmtree(cls.root, True)

    @classmethod
    def sql(cls, *texts):
        for text in texts:
            subprocess.run(["psql", "-h", cls.root, "-U", "postgres", "-q", "-c", text], check=True,
                           capture_output=True, env={**os.environ, "PGPASSWORD": "secret"})

    def url(self, user):
        return f"postgresql://{user}@/postgres?host={self.root}"

    def test_rows(self):
        self.rows_are_read()

    def test_zones(self):
        self.days_are_of_the_zone()

    def test_texts_and_comments(self):
        self.counts([r""", E'it\'s :from' AS a""", r""", '\' AS a""", ", $$ it's :from $$ AS a",
                     ", $q$ $$ :to $q$ AS a", ", '2026-01-01'::date AS a", "/* /* */ it's :from */",
                     "-- it's :from\n", ", E'a'\n'it\\'s :from' AS a", ', 1 AS "it\'s :to"'])

    def test_a_user_who_may_write_cannot(self):
        mark = self.folder / "mark"
        os.chmod(self.folder, 0o777)
        self.refused(["WITH gone AS (DELETE FROM lead RETURNING 1) SELECT now() AS date, 'SE' AS country, 1 AS m FROM gone",
                      "SELECT now() AS date, 'SE' AS country, 1 AS m; DELETE FROM lead",
                      "SELECT now() AS date, 'SE' AS country, 1 AS m; COMMIT; DELETE FROM lead",
                      "SELECT set_config('transaction_read_only', 'off', false), now() AS date, 'SE' AS country, 1 AS m",
                      "SELECT * INTO copied FROM lead", "SELECT nextval('none')", "SELECT lo_create(7)"], "writer")
        self.assertFalse(mark.exists())

    def test_users_with_rights_over_the_server_are_refused(self):
        for user in ("postgres", "robber"):
            code, text = self.once(user=user)
            self.assertEqual(code, 3, text)
            self.assertIn("may do more than read", text)

    def test_a_query_without_end(self):
        self.is_too_slow("SELECT now() AS date, 'SE' AS country, pg_sleep(30)::text AS m")

    def test_a_server_that_is_not_there(self):
        code, text = self.once(user="nobody")
        self.assertEqual(code, 3, text)


class MariaDb(Database):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="kpid-my-")
        os.chmod(cls.root, 0o755)
        if os.getuid() == 0:
            shutil.chown(cls.root, "mysql", "mysql")
        as_user("mysql", ["mariadb-install-db", "--no-defaults", "--datadir=" + cls.root + "/data",
                          "--auth-root-authentication-method=normal", "--skip-test-db"])
        command = ["mariadbd", "--no-defaults", "--datadir=" + cls.root + "/data", "--socket=" + cls.root + "/s",
                   "--skip-networking", "--pid-file=" + cls.root + "/pid", "--innodb-flush-log-at-trx-commit=0"]
        if os.getuid() == 0:
            command.append("--user=mysql")
        cls.server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["mariadb-admin", "--no-defaults", "--socket=" + cls.root + "/s", "--wait=60", "-uroot", "ping"],
                       check=True, capture_output=True, timeout=120)
        zone = subprocess.run(["mysql_tzinfo_to_sql", "/usr/share/zoneinfo/Europe/Stockholm", "Europe/Stockholm"],
                              check=True, capture_output=True, text=True).stdout
        cls.sql("USE mysql; " + zone,
                "CREATE DATABASE crm", "CREATE TABLE crm.click(created timestamp, country text)",
                "SET time_zone = '+00:00'; INSERT INTO crm.click VALUES "
                "('2026-03-01 10:00', 'SE'), ('2026-03-01 23:30', 'SE')",
                "CREATE TABLE crm.lead(created datetime, country text, amount double)",
                "USE crm; " + ROWS, "CREATE USER reader IDENTIFIED BY 'secret'", "GRANT SELECT ON crm.* TO reader",
                "CREATE USER writer IDENTIFIED BY 'secret'", "GRANT ALL ON crm.* TO writer",
                "CREATE USER robber IDENTIFIED BY 'secret'", "GRANT SELECT, FILE ON *.* TO robber")

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.server.wait()
        shutil.rmtree(cls.root, True)

    @classmethod
    def sql(cls, *texts):
        for text in texts:
            subprocess.run(["mariadb", "--no-defaults", "--socket=" + cls.root + "/s", "-uroot", "-e", text], check=True,
                           capture_output=True)

    def url(self, user):
        return f"mysql://{user}@localhost/crm?socket={self.root}/s"

    def test_rows(self):
        self.rows_are_read()

    def test_zones(self):
        self.days_are_of_the_zone()
        code, text = self.once(zone="Europe/Oslo")
        self.assertEqual(code, 3, text)
        self.assertIn("the server does not know the time zone Europe/Oslo: load its zones: mysql_tzinfo_to_sql", text)

    def test_texts_and_comments(self):
        texts = ["# it's :from\n", "-- it's :from\n", "/* /* it's :from */", ", 1 AS `it's :to`", ", 1--1 AS a",
                 "/*!50000 , 1 AS a */"]
        self.counts([*texts, r""", 'it\'s :from' AS a""", r""", "5\" :to" AS a""", r""", '\\' AS a"""])
        self.addCleanup(self.sql, "SET GLOBAL sql_mode = DEFAULT")
        self.sql("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'")
        self.counts([*texts, r""", 'it''s :from \' AS a""", r""", 1 AS "5\" """])

    def test_a_user_who_may_write_cannot(self):
        mark = self.folder / "mark"
        os.chmod(self.folder, 0o777)
        self.refused(["SELECT now() AS date, 'SE' AS country, 1 AS m; DELETE FROM lead",
                      "SELECT created AS date, country, 1 AS m FROM lead FOR UPDATE; COMMIT",
                      f"SELECT 1 AS date, 'SE' AS country, 1 AS m INTO OUTFILE '{mark}'",
                      f"SELECT 1 AS date, 'SE' AS country, 1 AS m INTO DUMPFILE '{mark}'",
                      "WITH x AS (SELECT 1) DELETE FROM lead"], "writer")
        self.assertFalse(mark.exists())

    def test_users_with_rights_over_the_server_are_refused(self):
        code, text = self.once(user="robber")
        self.assertEqual(code, 3, text)
        self.assertIn("may do more than read (FILE)", text)

    def test_a_query_without_end(self):
        self.is_too_slow("SELECT now() AS date, 'SE' AS country, (SELECT count(*) FROM information_schema.columns a, "
                         "information_schema.columns b, information_schema.columns c) AS m")


if __name__ == "__main__":
    if not (POSTGRES / "initdb").exists() or not shutil.which("mariadbd"):
        sys.exit("sql: install postgresql and mariadb-server (tests/packages/test.txt)")
    del Database  # its tests are those of the two
    unittest.main()

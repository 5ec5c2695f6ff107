create table if not exists articles (name text primary key);
insert into articles values ('cup'), ('pot'), ('spoon') on conflict do nothing;

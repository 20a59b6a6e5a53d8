-- One row per person record with any name, in temp table person_names: raw given and family name.
-- A lone name, and names in each other's field, go where this table knows them better.
create or replace temp table person_names as
with halves as (
    select
        i.record_id,
        coalesce(i.given_name, case when i.family_name is null then f.given_part end) as given_raw,
        coalesce(i.family_name, case when i.given_name is null then f.family_part end) as family_raw,
        case when i.given_name is null and i.family_name is null then f.single end as single
    from match_input as i
    left join std_full as f on f.raw = i.full_name
),
words as (
    select
        h.*,
        coalesce(g.given_root, h.given_raw) as given_word,
        coalesce(fg.given_root, h.family_raw) as family_as_given,
        coalesce(f.family, h.family_raw) as family_word,
        coalesce(gf.family, h.given_raw) as given_as_family
    from halves as h
    left join std_given as g on g.raw = coalesce(h.given_raw, h.single)
    left join std_given as fg on fg.raw = coalesce(h.family_raw, h.single)
    left join std_family as f on f.raw = coalesce(h.family_raw, h.single)
    left join std_family as gf on gf.raw = coalesce(h.given_raw, h.single)
),
given_counts as (
    select given_word as word, count(*) as n from words where given_raw is not null group by given_word
),
family_counts as (
    select family_word as word, count(*) as n from words where family_raw is not null group by family_word
),
judged as (
    select
        w.*,
        coalesce(g.n, 0) as n_given,
        coalesce(f.n, 0) as n_family,
        coalesce(fg.n, 0) as n_family_as_given,
        coalesce(gf.n, 0) as n_given_as_family
    from words as w
    left join given_counts as g on g.word = w.given_word
    left join family_counts as f on f.word = w.family_word
    left join given_counts as fg on fg.word = w.family_as_given
    left join family_counts as gf on gf.word = w.given_as_family
),
placed as (
    select
        *,
        -- The record itself is one of those counted; thirty times likelier the other way round.
        coalesce(
            (n_family_as_given + 0.5) * (n_given_as_family + 0.5) > 30 * (n_given - 0.5) * (n_family - 0.5),
            false
        ) and given_raw is not null and family_raw is not null as is_swapped,
        single is not null and n_family_as_given > n_given_as_family as is_given
    from judged
)
select
    record_id,
    case when is_swapped then family_raw when is_given then single else given_raw end as given_raw,
    case when is_swapped then given_raw when single is not null and not is_given then single else family_raw end as family_raw
from placed
where given_raw is not null or family_raw is not null or single is not null;

//! What `dr init` writes: files to start from.

use super::{Source, builtin};

/// The name that a new estate has until it gets its own.
const NEW_NAME: &str = "my-service";

/// The files of a new estate, as relative paths with their texts: `estate.yaml`, `failover.yaml`, `failback.yaml`.
///
/// Without `from` the estate is the shipped storefront under a neutral name; with it, that text as it is. The runbooks
/// are the storefront's: they name its components, so another estate's names have to be put in.
pub fn init_files(from: Option<&Source>) -> Vec<(String, String)> {
    let estate = match from {
        Some(source) => source.text.clone(),
        None => builtin::storefront_estate()
            .text
            .replace("storefront", NEW_NAME),
    };
    let runbooks = builtin::runbook_names().into_iter().filter_map(|name| {
        Some((
            format!("{name}.yaml"),
            builtin::storefront_runbook(name)?.text,
        ))
    });
    std::iter::once(("estate.yaml".to_owned(), estate))
        .chain(runbooks)
        .collect()
}

/// The shipped game days as files of a new estate: `gamedays/region-loss.yaml`. They name components of the shipped estate.
pub fn init_gamedays() -> Vec<(String, String)> {
    let names = builtin::gameday_names().into_iter();
    let text = |name: &str| builtin::storefront_gameday(name).map(|source| source.text);
    names
        .filter_map(|name| Some((format!("gamedays/{name}.yaml"), text(name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_estate;
    use crate::runbook::Runbook;

    #[test]
    fn the_files_of_a_new_estate_are_right_and_have_a_neutral_name() {
        let files = init_files(None);
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["estate.yaml", "failover.yaml", "failback.yaml"]);
        for (path, text) in files {
            assert!(!text.contains("storefront"), "{path}");
            let source = Source::new(path, text);
            if source.name == "estate.yaml" {
                let estate = load_estate(source).unwrap_or_else(|problems| panic!("{problems}"));
                assert_eq!(estate.name.as_str(), NEW_NAME);
            } else {
                Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"));
            }
        }
    }

    #[test]
    fn an_estate_to_start_from_is_kept_as_it_is() {
        let from = Source::new("mine.yaml", "# my own words\nestate: mine\n");
        let files = init_files(Some(&from));
        assert_eq!(files[0], ("estate.yaml".to_owned(), from.text));
    }
}

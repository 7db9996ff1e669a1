//! The token that seats the recorder in a room.

use std::time::Duration;

use livekit_api::access_token::{AccessToken, AccessTokenError, VideoGrants};
use thiserror::Error;

use super::{EgressId, Secret};

/// How long a token lets in. It is needed again at each rejoin, so it lasts as long as the longest call.
const TTL: Duration = Duration::from_secs(24 * 3600);

/// The kind of participant that clients, webhooks and the server's own accounting know recorders by.
const KIND: &str = "egress";

/// A token can't be made.
#[derive(Debug, Error)]
#[error("can't mint a token: {0}")]
pub struct TokenError(#[from] AccessTokenError);

/// Mints the token that seats the recorder: hidden, flagged as recorder, subscribe only.
///
/// A hidden recorder counts for no `max_participants` and keeps no room alive. The flag is never dropped:
/// clients show by it that the room is recorded.
///
/// # Errors
/// Key, secret, or room name are empty.
pub fn join_token(
    api_key: &Secret,
    api_secret: &Secret,
    id: &EgressId,
    room: &str,
) -> Result<Secret, TokenError> {
    let grants = VideoGrants {
        room_join: true,
        room: room.to_owned(),
        can_subscribe: Some(true),
        can_publish: Some(false),
        can_publish_data: Some(false),
        can_update_own_metadata: Some(false),
        hidden: true,
        recorder: true,
        ..VideoGrants::default()
    };
    let jwt = AccessToken::with_api_key(api_key.expose(), api_secret.expose())
        .with_identity(id.as_str())
        .with_kind(KIND)
        .with_ttl(TTL)
        .with_grants(grants)
        .to_jwt()?;
    Ok(Secret::new(jwt))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use livekit_api::access_token::TokenVerifier;

    use super::*;

    const SECRET: &str = "thirty-two bytes are a good secret";

    fn mint(room: &str) -> Result<Secret, TokenError> {
        let id = EgressId::from_random(&[0; 12]).unwrap();
        join_token(&Secret::new("key"), &Secret::new(SECRET), &id, room)
    }

    #[test]
    fn what_the_server_reads() {
        let token = mint("demo").unwrap();
        let [header, claims, _signature]: [&str; 3] =
            token.expose().split('.').collect::<Vec<_>>().try_into().unwrap();
        let decode = |part: &str| -> serde_json::Value {
            let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        assert_eq!(decode(header)["alg"], "HS256");
        let claims = decode(claims);
        assert_eq!(claims["sub"], "EG_222222222222");
        assert_eq!(claims["iss"], "key");
        assert_eq!(claims["kind"], "egress");
        assert_eq!(
            claims["video"],
            serde_json::json!({
                "roomJoin": true, "room": "demo", "canSubscribe": true, "canPublish": false,
                "canPublishData": false, "canUpdateOwnMetadata": false, "hidden": true, "recorder": true,
            })
        );
        let ttl = claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap();
        assert!((86_400..=86_401).contains(&ttl), "{ttl}");
    }

    #[test]
    fn signed_with_the_secret_and_no_other() {
        let token = mint("demo").unwrap();
        assert!(TokenVerifier::with_api_key("key", SECRET).verify(token.expose()).is_ok());
        assert!(TokenVerifier::with_api_key("key", "another secret").verify(token.expose()).is_err());
    }

    #[test]
    fn a_room_without_a_name_has_no_token() {
        assert!(mint("").is_err());
    }
}

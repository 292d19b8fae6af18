#include "kit/redis_tls.h"

#ifdef SHORTFALL_REDIS_TLS

#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static bool is_given(const char *path)
{
    return path && *path;
}

/* OpenSSL keeps its reasons in a queue of the thread, which is emptied here. */
static const char *reason(void)
{
    const char *words = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return words ? words : "no reason given";
}

static enum status load_files(SSL_CTX *context, const struct redis_tls_files *files,
                              struct error *error)
{
    int trusted = is_given(files->ca) ? SSL_CTX_load_verify_locations(context, files->ca, NULL)
                                      : SSL_CTX_set_default_verify_paths(context);
    if (!trusted) {
        return error_set(error, FATAL, "redis.ca.file: no certificates (PEM) can be read: %s",
                         reason());
    }
    if (!is_given(files->certificate) && !is_given(files->key)) {
        return OK;
    }
    if (!is_given(files->certificate) || !is_given(files->key)) {
        return error_set(error, FATAL,
                         "redis.certificate.file and redis.key.file go together: one is missing");
    }
    if (!SSL_CTX_use_certificate_chain_file(context, files->certificate)) {
        return error_set(error, FATAL, "redis.certificate.file: no certificate (PEM): %s",
                         reason());
    }
    if (!SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM)) {
        return error_set(error, FATAL, "redis.key.file: no key (PEM) of redis.certificate.file: %s",
                         reason());
    }
    return OK;
}

/* *ret_context is the caller's, for SSL_CTX_free. */
static enum status context_new(const struct redis_tls_files *files, SSL_CTX **ret_context,
                               struct error *error)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)) {
        SSL_CTX_free(context);
        return error_set(error, FATAL, "TLS to Redis: %s", reason());
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    enum status status = load_files(context, files, error);
    if (status != OK) {
        SSL_CTX_free(context);
        return status;
    }
    *ret_context = context;
    return OK;
}

/* Of a host by name the server is told which one is wanted; an address has no place in that. */
static bool want_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static enum status shake_hands(redisContext *context, SSL *ssl, const char *host,
                               struct error *error)
{
    if (!want_host(ssl, host)) {
        return error_set(error, RETRY, "TLS: no certificate can be for '%s': %s", host, reason());
    }
    if (redisInitiateSSL(context, ssl) == REDIS_OK) {
        return OK; /* ssl is the context's now */
    }
    long verified = SSL_get_verify_result(ssl);
    if (verified != X509_V_OK) {
        return error_set(error, RETRY,
                         "TLS: the server's certificate is refused: %s; it must be for '%s' and go "
                         "back to redis.ca.file",
                         X509_verify_cert_error_string(verified), host);
    }
    return error_set(error, RETRY, "TLS: %s", context->errstr);
}

bool redis_tls_is_built_in(void)
{
    return true;
}

enum status redis_tls_check(const struct redis_tls_files *files, struct error *error)
{
    SSL_CTX *context;
    enum status status = context_new(files, &context, error);
    if (status == OK) {
        SSL_CTX_free(context);
    }
    return status;
}

enum status redis_tls_start(redisContext *context, const struct redis_tls_files *files,
                            const char *host, struct error *error)
{
    SSL_CTX *made;
    if (context_new(files, &made, error) != OK) {
        return RETRY; /* a file that is being renewed just now */
    }
    SSL *ssl = SSL_new(made);
    SSL_CTX_free(made); /* ssl holds it */
    if (!ssl) {
        return error_set(error, RETRY, "TLS: %s", reason());
    }
    enum status status = shake_hands(context, ssl, host, error);
    if (status != OK) {
        SSL_free(ssl);
        ERR_clear_error();
    }
    return status;
}

#else

bool redis_tls_is_built_in(void)
{
    return false;
}

static enum status missing(struct error *error)
{
    return error_set(error, FATAL, "TLS to Redis is not built in");
}

enum status redis_tls_check(const struct redis_tls_files *files, struct error *error)
{
    (void)files;
    return missing(error);
}

enum status redis_tls_start(redisContext *context, const struct redis_tls_files *files,
                            const char *host, struct error *error)
{
    (void)context, (void)files, (void)host;
    return missing(error);
}

#endif

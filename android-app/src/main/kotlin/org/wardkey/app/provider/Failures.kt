package org.wardkey.app.provider

import androidx.credentials.exceptions.CreateCredentialCancellationException
import androidx.credentials.exceptions.CreateCredentialException
import androidx.credentials.exceptions.CreateCredentialInterruptedException
import androidx.credentials.exceptions.GetCredentialCancellationException
import androidx.credentials.exceptions.GetCredentialException
import androidx.credentials.exceptions.GetCredentialInterruptedException
import androidx.credentials.exceptions.NoCredentialException
import androidx.credentials.exceptions.domerrors.ConstraintError
import androidx.credentials.exceptions.domerrors.DomError
import androidx.credentials.exceptions.domerrors.EncodingError
import androidx.credentials.exceptions.domerrors.InvalidStateError
import androidx.credentials.exceptions.domerrors.NotAllowedError
import androidx.credentials.exceptions.domerrors.NotSupportedError
import androidx.credentials.exceptions.domerrors.SecurityError
import androidx.credentials.exceptions.domerrors.UnknownError
import androidx.credentials.exceptions.publickeycredential.CreatePublicKeyCredentialDomException
import androidx.credentials.exceptions.publickeycredential.GetPublicKeyCredentialDomException
import org.wardkey.app.words.failure
import org.wardkey.core.PasskeyException
import org.wardkey.core.DomError as CoreDomError

/** What the caller of a registration is told. */
internal fun PasskeyException.toCreateException(): CreateCredentialException = when (this) {
    is PasskeyException.Cancelled -> CreateCredentialCancellationException()
    is PasskeyException.Interrupted -> CreateCredentialInterruptedException()
    else -> CreatePublicKeyCredentialDomException(failure.domError.toAndroid(), failure.forCaller)
}

/** What the caller of a sign-in is told. */
internal fun PasskeyException.toGetException(): GetCredentialException = when (this) {
    is PasskeyException.Cancelled -> GetCredentialCancellationException()
    is PasskeyException.Interrupted -> GetCredentialInterruptedException()
    is PasskeyException.NoCredential -> NoCredentialException()
    else -> GetPublicKeyCredentialDomException(failure.domError.toAndroid(), failure.forCaller)
}

private fun CoreDomError.toAndroid(): DomError = when (this) {
    CoreDomError.CONSTRAINT -> ConstraintError()
    CoreDomError.ENCODING -> EncodingError()
    CoreDomError.INVALID_STATE -> InvalidStateError()
    CoreDomError.NOT_ALLOWED -> NotAllowedError()
    CoreDomError.NOT_SUPPORTED -> NotSupportedError()
    CoreDomError.SECURITY -> SecurityError()
    CoreDomError.UNKNOWN -> UnknownError()
}

-- CreateEnum
CREATE TYPE "ActionSource" AS ENUM ('PAGE', 'KUBECTL');

-- CreateTable
CREATE TABLE "Sandbox" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "contentId" TEXT NOT NULL,
    "transcript" JSONB NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),
    "sequence" INTEGER NOT NULL DEFAULT 0,
    "mostActions" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "clockMs" INTEGER NOT NULL,
    "clockAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Sandbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SandboxAction" (
    "sandboxId" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "key" UUID NOT NULL,
    "source" "ActionSource" NOT NULL,
    "atMs" INTEGER NOT NULL,
    "what" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SandboxAction_pkey" PRIMARY KEY ("sandboxId","sequence")
);

-- CreateIndex
CREATE INDEX "Sandbox_userId_createdAt_idx" ON "Sandbox"("userId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "SandboxAction_sandboxId_key_key" ON "SandboxAction"("sandboxId", "key");

-- AddForeignKey
ALTER TABLE "Sandbox" ADD CONSTRAINT "Sandbox_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SandboxAction" ADD CONSTRAINT "SandboxAction_sandboxId_fkey" FOREIGN KEY ("sandboxId") REFERENCES "Sandbox"("id") ON DELETE CASCADE ON UPDATE CASCADE;
